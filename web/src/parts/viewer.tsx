/** A kept picture looked at closely: its words, its recipe, its sources, and what can be done with it. */

import { pictureUrl, type Entry } from '../api/gallery'
import { save, slug } from '../studio/download'
import { promptOf } from '../studio/recipe'
import type { Studio } from '../studio/studio'
import { Credits } from './credits'
import { Icon } from './icons'
import { Sheet } from './sheet'

export function Viewer({ studio }: { studio: Studio }) {
  const viewed = studio.viewed.value
  if (!viewed) return null
  // The rack may know more by now: a heart given in the meantime.
  const entry = studio.rack.entries.value.find((each) => each.id === viewed.id) ?? viewed
  const close = (): void => {
    studio.viewed.value = null
  }
  return (
    <Sheet title={entry.words} close={close}>
      <div class="viewer">
        <img src={pictureUrl(entry.id)} alt={entry.words} width={entry.width} height={entry.height} />
        <div>
          <Facts entry={entry} />
          <div class="operations">
            <button
              type="button"
              class="chip"
              onClick={() => {
                studio.easel.load(promptOf(entry.recipe), entry.recipe.seed)
                close()
                scrollTo({ top: 0 })
              }}
            >
              <Icon name="easel" /> Take it up
            </button>
            <button type="button" class="chip" aria-pressed={entry.favourite} onClick={() => void studio.rack.like(entry, !entry.favourite)}>
              <Icon name="heart" filled={entry.favourite} /> Favourite
            </button>
            {(['png', 'webp'] as const).map((format) => (
              <button
                key={format}
                type="button"
                class="chip"
                onClick={() => save(pictureUrl(entry.id, format), `${slug(entry.words)}-${entry.recipe.seed}.${format}`)}
              >
                <Icon name="down" /> {format === 'png' ? 'PNG' : 'WebP'}
              </button>
            ))}
            <button
              type="button"
              class="chip danger"
              onClick={() => {
                close()
                void studio.rack.remove(entry)
              }}
            >
              <Icon name="bin" /> Delete
            </button>
          </div>
          <Credits recipe={entry.recipe} />
        </div>
      </div>
    </Sheet>
  )
}

function Facts({ entry }: { entry: Entry }) {
  const { recipe } = entry
  const kept = new Date(entry.created * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  const facts: [string, string | number | undefined][] = [
    ['Seed', recipe.seed],
    ['Steps', recipe.steps],
    ['Size', `${entry.width} × ${entry.height}`],
    ['Model', recipe.model?.name],
    ['Kept', kept],
  ]
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
