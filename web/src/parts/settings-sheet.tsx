/** The settings drawer: the dials of the painter, the seed, and where it paints. */

import { useEffect } from 'preact/hooks'
import { STYLES } from '../prompt/styles'
import { SEEDS, type Where } from '../studio/settings'
import type { Studio } from '../studio/studio'
import { Fineness } from './palette'
import { Sheet } from './sheet'

export function SettingsSheet({ studio }: { studio: Studio }) {
  if (studio.sheet.value !== 'settings') return null
  const { settings } = studio
  return (
    <Sheet title="Settings" kind="drawer" close={() => (studio.sheet.value = null)}>
      <div class="settings">
        <section>
          <h3>From draft to fine</h3>
          <p class="quiet">How far a picture is carried when the typing rests.</p>
          <Fineness studio={studio} />
        </section>
        <Dial
          name="Memory"
          help="How long the painter looks at the library's drawings: 0 is words alone, 1 to the end."
          value={settings.memory.value}
          max={1}
          step={0.05}
          usual={1}
          set={(value) => (settings.memory.value = value)}
        />
        <Dial
          name="Guidance"
          help="How strictly it follows the words."
          value={settings.guidance.value}
          max={10}
          step={0.5}
          usual={3}
          set={(value) => (settings.guidance.value = value)}
        />
        <Style studio={studio} />
        <Seed studio={studio} />
        <Place studio={studio} />
      </div>
    </Sheet>
  )
}

interface DialProps {
  name: string
  help: string
  /** Null: as the model recommends. */
  value: number | null
  max: number
  step: number
  /** Where the dial begins when it is taken in hand. */
  usual: number
  set: (value: number | null) => void
}

function Dial({ name, help, value, max, step, usual, set }: DialProps) {
  const id = `dial-${name.toLowerCase()}`
  return (
    <section>
      <h3>
        <label for={id}>{name}</label>
        <output class="quiet number">{value === null ? 'as the model recommends' : value}</output>
      </h3>
      <p class="quiet" id={`${id}-help`}>
        {help}
      </p>
      <input
        id={id}
        type="range"
        min={0}
        max={max}
        step={step}
        value={value ?? usual}
        data-untouched={value === null ? '' : undefined}
        aria-describedby={`${id}-help`}
        onInput={(event) => set(event.currentTarget.valueAsNumber)}
      />
      {value !== null && (
        <button type="button" class="link" onClick={() => set(null)}>
          As the model recommends
        </button>
      )}
    </section>
  )
}

function Style({ studio }: { studio: Studio }) {
  const { style } = studio.settings
  return (
    <section>
      <h3 id="style-title">Style</h3>
      <div class="chips" role="radiogroup" aria-labelledby="style-title">
        {['', ...STYLES].map((name) => (
          <label key={name} class="chip">
            <input class="visually-hidden" type="radio" name="style" checked={style.value === name} onChange={() => (style.value = name)} />
            {name || 'as the words say'}
          </label>
        ))}
      </div>
    </section>
  )
}

function Seed({ studio }: { studio: Studio }) {
  const { seed, seedLocked } = studio.settings
  return (
    <section>
      <h3>
        <label for="seed">Seed</label>
      </h3>
      <div class="row">
        <input
          id="seed"
          class="number"
          type="number"
          inputMode="numeric"
          min={0}
          max={SEEDS - 1}
          value={seed.value}
          onChange={(event) => {
            const value = event.currentTarget.valueAsNumber
            if (Number.isInteger(value) && value >= 0 && value < SEEDS) seed.value = value
            else event.currentTarget.value = String(seed.value)
          }}
        />
        <button type="button" class="chip" onClick={() => studio.easel.dice()}>
          Another
        </button>
        <label class="check">
          <input type="checkbox" checked={seedLocked.value} onChange={() => (seedLocked.value = !seedLocked.value)} /> locked
        </label>
      </div>
    </section>
  )
}

const PLACES: [Where, string][] = [
  ['auto', 'Wherever it is faster'],
  ['server', 'On the server'],
  ['edge', 'In this browser'],
]

function Place({ studio }: { studio: Studio }) {
  useEffect(() => void studio.edge.ask(), [studio])
  const { where } = studio.settings
  return (
    <section>
      <h3 id="place-title">Where it paints</h3>
      <div class="chips" role="radiogroup" aria-labelledby="place-title">
        {PLACES.map(([place, words]) => (
          <label key={place} class="chip">
            <input class="visually-hidden" type="radio" name="place" checked={where.value === place} onChange={() => (where.value = place)} />
            {words}
          </label>
        ))}
      </div>
      <p class="quiet" aria-live="polite">
        {studio.edgeSays.value}
      </p>
      {['idle', 'failed'].includes(studio.edge.state.value.name) && (
        <button type="button" class="link" onClick={() => studio.edge.load()}>
          {studio.edge.download.value?.bytes === 0 ? 'Open the model in this browser' : 'Fetch the model into this browser'}
        </button>
      )}
    </section>
  )
}
