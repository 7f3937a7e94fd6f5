/** What can be done with the pictures that were chosen in the gallery: blend two to five, or take them home. */

import { useState } from 'preact/hooks'
import { exported } from '../api/gallery'
import { save } from '../studio/download'
import type { Studio } from '../studio/studio'
import { ofEntry } from '../studio/subject'
import { wordsOf } from '../studio/workshop'
import { FolderButton } from './folder-button'
import { Icon } from './icons'

const SHAPES = ['square', 'landscape', 'portrait'] as const

export function ChosenBar({ studio }: { studio: Studio }) {
  const { workshop, rack } = studio
  const [shape, setShape] = useState<string>('square')
  const chosen = workshop.chosen.value
  if (!chosen) return null
  const count = chosen.length
  const off = blendOff(studio, count)
  const blend = (): void => {
    const found = chosen.flatMap((id) => rack.entries.value.filter((each) => each.id === id))
    void workshop.run('blend', found.map(ofEntry), { shape }, `Blended of ${count}`)
  }
  return (
    <div class="chosen-bar" role="region" aria-label="Chosen pictures">
      <p aria-live="polite">{count === 0 ? 'Choose two to five pictures' : `${count} chosen`}</p>
      <button type="button" class="primary" aria-disabled={off !== null} title={off ?? 'Paint four that are of all of them'} onClick={() => off === null && blend()}>
        Blend
      </button>
      <label class="select">
        <span class="visually-hidden">Shape of the blend</span>
        <select value={shape} onChange={(event) => setShape(event.currentTarget.value)}>
          {SHAPES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <button type="button" class="chip" disabled={count === 0} onClick={() => void takeHome(studio, chosen)}>
        <Icon name="down" /> Zip
      </button>
      <FolderButton studio={studio} ids={chosen} folder={null} />
      <button type="button" class="tool" aria-label="Choose no more" title="Choose no more" onClick={() => (workshop.chosen.value = null)}>
        <Icon name="close" />
      </button>
    </div>
  )
}

function blendOff({ workshop }: Studio, count: number): string | null {
  if (!workshop.offered.value.has('blend')) return 'This server does not offer it'
  if (count < 2) return 'Choose two to five pictures'
  return count > 5 ? 'Five pictures at the most' : null
}

async function takeHome(studio: Studio, ids: readonly string[]): Promise<void> {
  try {
    save(URL.createObjectURL(await exported([...ids])), 'alla-prima.zip')
  } catch (error) {
    studio.say(wordsOf(error))
  }
}
