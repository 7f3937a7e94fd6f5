/** Four pictures, and under each what can be done with it; below them the chosen one's, in words. */

import { deed, doWithChosen, studyAt } from '../studio/deeds'
import type { Study } from '../studio/four'
import type { Studio } from '../studio/studio'
import { DeedsBar, filesOf, groupOf, moreOf } from './deeds-bar'
import { Icon } from './icons'
import { Menu } from './menu'

export function Studies({ studio }: { studio: Studio }) {
  const { four } = studio
  const studies = four.studies.value
  const trouble = four.trouble.value
  if (studies.length === 0 && !trouble) return null
  const index = Math.min(four.selected.value, studies.length - 1)
  return (
    <section class="studies" id="four" aria-labelledby="four-title">
      <header>
        <h2 id="four-title" tabIndex={-1}>{four.title.value}</h2>
        <p class="quiet" aria-live="polite">
          {state(studio)}
        </p>
        {four.isWorking.value && (
          <button type="button" class="link" onClick={() => void four.cancel()}>
            Stop
          </button>
        )}
        <button type="button" class="link others" title="The words on the easel, with four other seeds (E)" onClick={() => studio.reroll()}>
          <Icon name="dice" /> Four others
        </button>
      </header>
      {trouble && (
        <p class="mistake" role="alert">
          {trouble}
        </p>
      )}
      <div class="grid">
        <div class="radios" role="radiogroup" aria-label={four.title.value}>
          {studies.map((study, place) => (
            <button
              key={place}
              type="button"
              role="radio"
              class="study"
              style={cell(place)}
              aria-checked={place === index}
              tabIndex={place === index ? 0 : -1}
              aria-label={`${place + 1}: ${four.words.value}, ${study.picture ? `seed ${study.picture.seed}` : 'being painted'}`}
              onClick={() => (four.selected.value = place)}
              onDblClick={() => doWithChosen(studio, deed('recipe'))}
              onKeyDown={(event) => arrow(event, studio)}
            >
              <Face study={study} />
            </button>
          ))}
        </div>
        {studies.map((_, place) => (
          <Tools key={place} studio={studio} place={place} />
        ))}
      </div>
      {studies.length > 0 && <Chosen studio={studio} index={index} />}
    </section>
  )
}

/** Where it hangs, four in a row or two: the pictures are one group for the arrows, their tools come after them all. */
function cell(place: number): Record<string, number> {
  return {
    '--row': Math.floor(place / 4) * 2 + 1,
    '--column': (place % 4) + 1,
    '--narrow-row': Math.floor(place / 2) * 2 + 1,
    '--narrow-column': (place % 2) + 1,
  }
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

/** Under each picture, as people know it: U looks at it and enlarges, V varies, and the rest behind three dots. */
function Tools({ studio, place }: { studio: Studio; place: number }) {
  const number = place + 1
  const subject = studyAt(studio, place)
  return (
    <div class="study-tools" style={cell(place)} role="group" aria-label={`What to do with number ${number}`}>
      <Menu class="short" label={`U${number}: take number ${number}, or enlarge it`} groups={() => [groupOf(studio, subject, ['recipe', 'enlarge', 'enlarge4', 'take'])]}>
        U{number}
      </Menu>
      <Menu class="short" label={`V${number}: vary number ${number}`} groups={() => [groupOf(studio, subject, ['subtle', 'strong', 'remix', 'region'])]}>
        V{number}
      </Menu>
      <Menu
        class="short"
        label={`More to do with number ${number}`}
        groups={() => [...moreOf(studio, subject, ['recipe', 'enlarge4']), ...(subject ? filesOf(studio, subject) : [])]}
      >
        <Icon name="more" />
      </Menu>
    </div>
  )
}

function Chosen({ studio, index }: { studio: Studio; index: number }) {
  const subject = studyAt(studio, index)
  return (
    <div class="chosen">
      <p class="quiet" aria-hidden="true">
        Number {index + 1}
      </p>
      <DeedsBar studio={studio} subject={subject} label={`What to do with number ${index + 1}`} hasKeys />
    </div>
  )
}
