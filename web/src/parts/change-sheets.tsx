/** Three sheets that change a picture by words and a dial: other words, more of the world around it, a beginning. */

import { useState } from 'preact/hooks'
import { FINENESS, USUAL_STEPS } from '../studio/settings'
import type { Studio } from '../studio/studio'
import { promptFor, type Subject } from '../studio/subject'
import { Choice } from './choice'
import { WordsForm } from './words-form'

interface SheetProps {
  studio: Studio
  subject: Subject
}

/** What a picture that was brought needs to be told, since it has no recipe of its own. */
export const dials = ({ settings }: Studio, { recipe }: Subject): Record<string, unknown> =>
  recipe ? {} : { steps: Number(FINENESS[settings.fineness.value]?.steps) || USUAL_STEPS }

export function RemixSheet({ studio, subject }: SheetProps) {
  const [strength, setStrength] = useState<'subtle' | 'strong'>('strong')
  return (
    <div class="change">
      <img src={subject.url()} alt="" width={subject.width} height={subject.height} />
      <WordsForm
        studio={studio}
        label="The words of its variations"
        words={promptFor(subject)}
        go="Paint four"
        isFirst
        run={(prompt) => void studio.workshop.run('vary', [subject], { prompt, strength, ...dials(studio, subject) }, 'With other words')}
      >
        <Choice
          title="How far from it"
          name="strength"
          options={[
            ['subtle', 'A little: shape and place stay'],
            ['strong', 'A lot: the words decide'],
          ]}
          value={strength}
          set={setStrength}
        />
      </WordsForm>
    </div>
  )
}

export function ZoomSheet({ studio, subject }: SheetProps) {
  const [factor, setFactor] = useState(1.75)
  const [grow, setGrow] = useState(false)
  return (
    <div class="change">
      <div class="zoom-frame" style={{ aspectRatio: `${subject.width} / ${subject.height}` }} aria-hidden="true">
        <img src={subject.url()} alt="" style={{ width: `${100 / factor}%` }} />
      </div>
      <WordsForm
        studio={studio}
        label="What the larger picture shows"
        words={promptFor(subject)}
        go={`Zoom out ${factor}×`}
        run={(prompt) => void studio.workshop.run('zoom', [subject], { factor, grow, prompt, ...dials(studio, subject) }, `Zoomed out ${factor}×`)}
      >
        <label class="dial">
          <span>
            How far <output class="quiet number">{factor}×</output>
          </span>
          <input type="range" min={1.05} max={4} step={0.05} value={factor} autofocus onInput={(event) => setFactor(event.currentTarget.valueAsNumber)} />
        </label>
        <label class="check">
          <input type="checkbox" checked={grow} onChange={() => setGrow(!grow)} /> Keep its pixels: the picture becomes larger
        </label>
      </WordsForm>
    </div>
  )
}

/** How strongly the words go before the picture, in words. */
const pull = (strength: number): string =>
  strength < 0.35 ? 'the picture stays' : strength < 0.65 ? 'its colours and shapes stay' : strength < 0.85 ? 'a hint of it stays' : 'the words decide'

export function BeginSheet({ studio, subject }: SheetProps) {
  const [strength, setStrength] = useState(0.6)
  return (
    <div class="change">
      <img src={subject.url()} alt={subject.words} width={subject.width} height={subject.height} />
      <WordsForm
        studio={studio}
        label="What it is to become"
        words={promptFor(subject) || studio.easel.prompt.value}
        go="Paint four"
        isFirst
        run={(prompt) => {
          const given = { prompt, strength, ...dials(studio, subject) }
          void studio.workshop.run('image-to-image', [subject], { count: 4, ...given }, 'Begun from a picture')
        }}
      >
        <label class="dial">
          <span>
            From the picture to the words <output class="quiet">{pull(strength)}</output>
          </span>
          <input type="range" min={0.1} max={1} step={0.05} value={strength} onInput={(event) => setStrength(event.currentTarget.valueAsNumber)} />
        </label>
      </WordsForm>
    </div>
  )
}
