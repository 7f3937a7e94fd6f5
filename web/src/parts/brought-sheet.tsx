/** Pictures that were dropped or pasted: begin from one, describe it, change a part of it; blend a few; or keep them. */

import { useState } from 'preact/hooks'
import type { Studio } from '../studio/studio'
import type { Task } from '../studio/workshop'
import { BeginSheet, dials } from './change-sheets'
import { Choice } from './choice'
import { WordsForm } from './words-form'

type Brought = Extract<Task, { kind: 'brought' }>

export function BroughtSheet({ studio, task }: { studio: Studio; task: Brought }) {
  const [first] = task.subjects
  const { workshop } = studio
  const keep = (): void => workshop.open({ kind: 'drawings', brought: task.brought })
  if (!first) return null
  return (
    <div class="brought">
      {task.subjects.length > 1 ? <Blend studio={studio} task={task} /> : <BeginSheet studio={studio} subject={first} />}
      <div class="operations" role="group" aria-label="What else to do with it">
        {task.subjects.length === 1 && (
          <>
            <button type="button" class="chip" onClick={() => workshop.open({ kind: 'describe', subject: first })}>
              Describe it…
            </button>
            <button type="button" class="chip" onClick={() => workshop.open({ kind: 'region', subject: first })}>
              Change a part…
            </button>
            <button type="button" class="chip" onClick={() => workshop.open({ kind: 'zoom', subject: first })}>
              Zoom out…
            </button>
          </>
        )}
        <button type="button" class="chip" onClick={keep}>
          {task.subjects.length === 1 ? 'Keep it as a drawing of yours…' : 'Keep them as drawings of yours…'}
        </button>
      </div>
    </div>
  )
}

function Blend({ studio, task }: { studio: Studio; task: Brought }) {
  const [shape, setShape] = useState<'square' | 'landscape' | 'portrait'>('square')
  return (
    <>
      <ul class="brought-pictures">
        {task.subjects.map((each) => (
          <li key={each.url()}>
            <img src={each.url()} alt={each.words} />
          </li>
        ))}
      </ul>
      <WordsForm
        studio={studio}
        label="Words for the blend, if you like"
        words={studio.easel.prompt.value}
        go={`Blend the ${task.subjects.length}`}
        isOptional
        run={(prompt) => {
          const [first] = task.subjects
          const given = { shape, ...(prompt ? { prompt } : {}), ...(first ? dials(studio, first) : {}) }
          void studio.workshop.run('blend', task.subjects, given, `Blended of ${task.subjects.length}`)
        }}
      >
        <Choice
          title="Shape"
          name="shape"
          options={[
            ['square', 'Square'],
            ['landscape', 'Landscape'],
            ['portrait', 'Portrait'],
          ]}
          value={shape}
          set={setShape}
        />
      </WordsForm>
    </>
  )
}
