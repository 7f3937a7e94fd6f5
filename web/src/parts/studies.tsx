/** Four seeds of the same words: to pick, vary, reroll, enlarge or take home. */

import { pictureUrl } from '../api/gallery'
import type { Study } from '../studio/four'
import { save, slug } from '../studio/download'
import type { Studio } from '../studio/studio'
import { Icon } from './icons'

export function Studies({ studio }: { studio: Studio }) {
  const { four } = studio
  const studies = four.studies.value
  const trouble = four.trouble.value
  if (studies.length === 0 && !trouble) return null
  const index = Math.min(four.selected.value, studies.length - 1)
  return (
    <section class="studies" id="four" aria-labelledby="four-title">
      <header>
        <h2 id="four-title">{four.title.value}</h2>
        <p class="quiet" aria-live="polite">
          {state(studio)}
        </p>
        {four.isWorking.value && (
          <button type="button" class="link" onClick={() => void four.cancel()}>
            Stop
          </button>
        )}
      </header>
      {trouble && (
        <p class="mistake" role="alert">
          {trouble}
        </p>
      )}
      <div class="grid" role="radiogroup" aria-label="Four studies">
        {studies.map((study, place) => (
          <button
            key={place}
            type="button"
            role="radio"
            class="study"
            aria-checked={place === index}
            tabIndex={place === index ? 0 : -1}
            aria-label={`${place + 1}: ${four.words.value}, ${study.picture ? `seed ${study.picture.seed}` : 'being painted'}`}
            onClick={() => (four.selected.value = place)}
            onDblClick={() => studio.pick(place)}
            onKeyDown={(event) => arrow(event, studio)}
          >
            <Face study={study} />
          </button>
        ))}
      </div>
      {studies.length > 0 && <Operations studio={studio} index={index} />}
    </section>
  )
}

function Face({ study }: { study: Study }) {
  const source = study.picture ? study.picture.url : study.preview
  if (!source) return <span class="primed" aria-hidden="true" />
  return <img src={source} alt="" data-wet={study.picture ? undefined : ''} width={256} height={256} draggable={false} />
}

function state({ four }: Studio): string {
  const job = four.job.value
  const step = four.step.value
  if (!job) return ''
  if (job.state === 'queued') {
    const wait = job.eta_ms ? `, about ${Math.max(Math.round(job.eta_ms / 1000), 1)} s` : ''
    return job.position ? `Waiting, place ${job.position}${wait}` : 'Waiting'
  }
  if (job.state === 'running') return step ? `Painting, step ${step.index} of ${step.count}` : 'Painting'
  if (job.state === 'cancelled') return 'Stopped'
  return job.state === 'done' ? 'Kept in the gallery' : ''
}

function arrow(event: KeyboardEvent, { four }: Studio): void {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
  if (!by) return
  event.preventDefault()
  const count = four.studies.value.length
  four.selected.value = (four.selected.value + by + count) % count
  const group = (event.currentTarget as HTMLElement).parentElement
  ;(group?.children[four.selected.value] as HTMLElement | undefined)?.focus()
}

const NOT_OFFERED = 'This server does not offer it'

/** What can be done with the chosen one; what the server does not offer stays visible and says why it is off. */
function Operations({ studio, index }: { studio: Studio; index: number }) {
  const study = studio.four.studies.value[index]
  const picture = study?.picture ?? null
  const off = (name: string): string | null =>
    !studio.operations.value.has(name) ? NOT_OFFERED : picture ? null : 'Still being painted'
  const name = `${slug(studio.four.words.value)}-${study?.seed ?? 0}`
  const url = (format: 'png' | 'webp'): string =>
    picture?.entry ? pictureUrl(picture.entry, format) : `${picture?.url.split('?')[0]}?format=${format}`
  return (
    <div class="operations" role="toolbar" aria-label={`What to do with number ${index + 1}`}>
      <Operation words="Take it up" key_="P" run={() => studio.pick(index)} />
      <Operation words="Vary a little" key_="V" off={off('vary')} run={() => studio.vary(index, 'subtle')} />
      <Operation words="Vary a lot" key_="B" off={off('vary')} run={() => studio.vary(index, 'strong')} />
      <Operation words="Enlarge" key_="U" off={off('upscale')} run={() => studio.enlarge(index)} />
      <Operation words="Four others" key_="E" run={() => studio.reroll()} />
      <span class="gap" />
      {(['png', 'webp'] as const).map((format) => (
        <button key={format} type="button" class="chip" disabled={!picture} onClick={() => save(url(format), `${name}.${format}`)}>
          <Icon name="down" /> {format === 'png' ? 'PNG' : 'WebP'}
        </button>
      ))}
    </div>
  )
}

interface OperationProps {
  words: string
  key_: string
  off?: string | null
  run: () => void
}

function Operation({ words, key_, off = null, run }: OperationProps) {
  return (
    <button
      type="button"
      class="chip"
      aria-disabled={off !== null}
      title={off ? `${words}: ${off.toLowerCase()}` : `${words} (${key_})`}
      aria-description={off ?? undefined}
      onClick={off === null ? run : undefined}
    >
      {words}
    </button>
  )
}
