/** A recipe as people read it: what was asked, with which dials, how it came to be, and whose drawings were looked at. */

import { useState } from 'preact/hooks'
import { lineageOf } from '../studio/deeds'
import type { Recipe } from '../studio/recipe'
import type { Subject } from '../studio/subject'
import { Credits } from './credits'

export function RecipeView({ subject }: { subject: Subject }) {
  const { recipe } = subject
  if (!recipe) return null
  const lineage = lineageOf(recipe)
  return (
    <>
      <section class="recipe" aria-labelledby="recipe-title">
        <h3 id="recipe-title">Recipe</h3>
        <Parts recipe={recipe} />
        <dl class="facts">
          {factsOf(subject, recipe).map(
            ([name, value]) =>
              value !== undefined &&
              value !== '' && (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ),
          )}
        </dl>
        {lineage.length > 1 && (
          <ol class="lineage" aria-label="How it came to be">
            {lineage.map((step, index) => (
              <li key={index}>{step}</li>
            ))}
          </ol>
        )}
        {(recipe.notes ?? []).length > 0 && (
          <ul class="notes" aria-label="Notes">
            {recipe.notes?.map((note) => <li key={note}>{note}</li>)}
          </ul>
        )}
        <CopyButton recipe={recipe} />
      </section>
      <Credits recipe={recipe} />
    </>
  )
}

/** Words with different weights, each with a bar as long as it counts. */
function Parts({ recipe: { parts = [] } }: { recipe: Recipe }) {
  if (parts.length < 2) return null
  const most = Math.max(...parts.map(([, weight]) => Math.abs(weight)), 1e-9)
  return (
    <ul class="parts" aria-label="The words with their weights">
      {parts.map(([text, weight]) => (
        <li key={text}>
          <span>{text}</span>
          <i aria-hidden="true" data-less={weight < 0 ? '' : undefined} style={{ width: `${(Math.abs(weight) / most) * 100}%` }} />
          <span class="quiet number">{Number(weight.toFixed(2))}</span>
        </li>
      ))}
    </ul>
  )
}

type Fact = [string, string | number | undefined]

function factsOf({ width, height, created }: Subject, recipe: Recipe): Fact[] {
  const { memory, guidance_scale: guidance, model } = recipe
  const kept = created ? new Date(created * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }) : undefined
  return [
    ['Without', recipe.negative],
    ['Style', recipe.style],
    ['Seed', recipe.seed],
    ['Steps', recipe.steps],
    ['Guidance', guidance],
    ['Memory', memory === undefined ? undefined : memory === 0 ? 'none: words alone' : memory],
    ['Sketched from words', recipe.sketched?.map((each) => `${each.as} (${each.style})`).join(', ')],
    ['Size', `${width} × ${height}`],
    ['Model', model ? `${model.name} ${model.sha256.slice(0, 8)}${model.licence ? `, ${model.licence}` : ''}` : undefined],
    ['Kept', kept],
  ]
}

function CopyButton({ recipe }: { recipe: Recipe }) {
  const [says, setSays] = useState('')
  return (
    <p class="row">
      <button
        type="button"
        class="link"
        onClick={() =>
          void navigator.clipboard.writeText(JSON.stringify(recipe, null, 1)).then(
            () => setSays('Copied.'),
            () => setSays('This browser does not let it be copied.'),
          )
        }
      >
        Copy it as JSON
      </button>
      <span class="quiet" role="status">
        {says}
      </span>
    </p>
  )
}
