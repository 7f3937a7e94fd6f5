/** What is done most often, beside the prompt: keep four, another seed, the dial from draft to fine, the file. */

import { settled } from '../prompt/lexer'
import { picked } from '../studio/brought'
import { downloadWall } from '../studio/download'
import { FINENESS } from '../studio/settings'
import type { Studio } from '../studio/studio'
import { Icon } from './icons'

export function Palette({ studio }: { studio: Studio }) {
  const { seed, seedLocked } = studio.settings
  const isEmpty = !settled(studio.easel.prompt.value)
  const hasPicture = studio.easel.finished.value !== null
  return (
    <div class="palette">
      <div class="row">
        <button
          type="button"
          class="primary"
          aria-disabled={!studio.canKeep.value}
          onClick={() => studio.keepFour()}
          aria-keyshortcuts="Enter"
        >
          Keep four <kbd>↵</kbd>
        </button>
        <div class="seed" role="group" aria-label="Seed">
          <button type="button" class="tool" aria-label="Another seed" title="Another seed (R)" onClick={() => studio.easel.dice()}>
            <Icon name="dice" />
          </button>
          <output class="quiet number" aria-label="Seed">
            {seed.value}
          </output>
          <button
            type="button"
            class="tool"
            aria-pressed={seedLocked.value}
            aria-label="Lock the seed"
            title="Locked, the seed stays even when you begin anew (L)"
            onClick={() => (seedLocked.value = !seedLocked.value)}
          >
            <Icon name={seedLocked.value ? 'lock' : 'unlock'} />
          </button>
        </div>
      </div>
      <Fineness studio={studio} />
      <div class="row">
        <button type="button" class="link" disabled={isEmpty} title="What each word does (W)" onClick={() => studio.shorten()}>
          Shorten
        </button>
        <label class="link" title="Or drop one on the page, or paste it">
          <Icon name="picture" /> Open
          <input
            class="visually-hidden"
            type="file"
            accept="image/png,image/webp,image/jpeg"
            multiple
            aria-label="Open a picture to begin from, or a few to blend"
            onChange={(event) => {
              const field = event.currentTarget
              void studio.workshop.take(picked(field.files)).then(() => (field.value = ''))
            }}
          />
        </label>
        <span class="gap" />
        {(['png', 'webp'] as const).map((format) => (
          <button key={format} type="button" class="link" disabled={!hasPicture} onClick={() => void downloadWall(studio, format)}>
            <Icon name="down" /> {format === 'png' ? 'PNG' : 'WebP'}
          </button>
        ))}
      </div>
    </div>
  )
}

/** The dial from draft to fine, as brushes of growing size. */
export function Fineness({ studio }: { studio: Studio }) {
  const { fineness } = studio.settings
  return (
    <fieldset class="fineness">
      <legend class="visually-hidden">From draft to fine</legend>
      {FINENESS.map(({ steps, name }, index) => (
        <label key={name} title={steps === 'auto' ? 'auto: as many steps as the words need' : `${name}: ${steps} ${steps === 1 ? 'step' : 'steps'}`}>
          <input type="radio" name="fineness" checked={fineness.value === index} onChange={() => (fineness.value = index)} />
          <i style={{ '--dab': `${6 + (steps === 'auto' ? 2 : index) * 2.4}px` }} aria-hidden="true" />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}
