/** Change a part: paint over what is to change, say what comes there, and four are painted; the rest stays as it is. */

import { useRef, useState } from 'preact/hooks'
import { base64 } from '../studio/brought'
import { draw, type Mark } from '../studio/mask'
import type { Studio } from '../studio/studio'
import { promptFor, type Subject } from '../studio/subject'
import { dials } from './change-sheets'
import { Choice } from './choice'
import { Icon } from './icons'
import { MaskPad, maskSize, type Tool } from './mask-pad'
import { WordsForm } from './words-form'

export function RegionSheet({ studio, subject }: { studio: Studio; subject: Subject }) {
  const [marks, setMarks] = useState<Mark[]>([])
  const [tool, setTool] = useState<Tool | 'eraser'>('brush')
  const [size, setSize] = useState(0.08)
  const [share, setShare] = useState(0)
  const add = (mark: Mark): void => setMarks([...marks, mark])
  const undo = (): void => setMarks(marks.slice(0, -1))
  const percent = Math.round(share * 100)
  const off = share < 0.002 ? 'Paint over what is to change' : share > 0.98 ? 'Leave something as it is' : null

  const run = async (prompt: string): Promise<void> => {
    const mask = await maskOf(marks, subject)
    await studio.workshop.run('region', [subject], { mask, ...(prompt ? { prompt } : {}), ...dials(studio, subject) }, 'A part painted anew')
  }

  return (
    <div class="change region">
      <div class="region-pad">
        <MaskPad
          subject={subject}
          marks={marks}
          tool={tool === 'rectangle' ? 'rectangle' : 'brush'}
          radius={size}
          erases={tool === 'eraser'}
          add={add}
          undo={undo}
          measured={setShare}
        />
        <p id="mask-keys" class="quiet">
          Paint with the pointer; or with the arrow keys (Shift for larger steps), Space to set a dab or a corner, Backspace to undo.
        </p>
      </div>
      <WordsForm
        studio={studio}
        label="What comes there"
        words={promptFor(subject)}
        go="Paint four"
        off={off}
        isOptional={subject.recipe !== null}
        run={(prompt) => void run(prompt)}
      >
        <Choice
          title="Paint over with"
          name="tool"
          options={[
            ['brush', 'Brush'],
            ['rectangle', 'Rectangle'],
            ['eraser', 'Eraser'],
          ]}
          value={tool}
          set={setTool}
        />
        {tool !== 'rectangle' && (
          <label class="dial">
            <span>Size</span>
            <input type="range" min={0.02} max={0.3} step={0.01} value={size} onInput={(event) => setSize(event.currentTarget.valueAsNumber)} />
          </label>
        )}
        <div class="row">
          <button type="button" class="chip" disabled={marks.length === 0} onClick={undo}>
            <Icon name="undo" /> Undo
          </button>
          <button type="button" class="chip" disabled={marks.length === 0} onClick={() => setMarks([])}>
            Clear
          </button>
          <span class="quiet number" role="status">
            {percent} % covered
          </span>
        </div>
        <Measured add={add} erases={tool === 'eraser'} />
      </WordsForm>
    </div>
  )
}

const SIDES = ['left', 'top', 'right', 'bottom'] as const

/** A rectangle by its edges in per cent: for whoever cannot point, or wants it exact. */
function Measured({ add, erases }: { add: (mark: Mark) => void; erases: boolean }) {
  const fields = useRef<HTMLDivElement>(null)
  const [trouble, setTrouble] = useState('')
  const put = (): void => {
    const values = [...(fields.current?.querySelectorAll('input') ?? [])].map((field) => field.valueAsNumber / 100)
    const [left = NaN, top = NaN, right = NaN, bottom = NaN] = values
    if (!(left >= 0 && top >= 0 && right <= 1 && bottom <= 1 && left < right && top < bottom)) {
      return setTrouble('Left is less than right and top less than bottom, all from 0 to 100.')
    }
    setTrouble('')
    add({ kind: 'rectangle', from: { x: left, y: top }, to: { x: right, y: bottom }, erases })
  }
  return (
    <details class="measured">
      <summary>By numbers</summary>
      <div class="measured-fields" ref={fields}>
        {SIDES.map((side, index) => (
          <label key={side}>
            {side}
            <input type="number" min={0} max={100} defaultValue={index < 2 ? '25' : '75'} aria-label={`${side} edge in per cent`} />
          </label>
        ))}
        <button type="button" class="chip" onClick={put}>
          Add it
        </button>
      </div>
      <p class="mistake" role="alert">
        {trouble}
      </p>
    </details>
  )
}

/** The marks as a PNG in base64, white on black. */
async function maskOf(marks: readonly Mark[], subject: Subject): Promise<string> {
  const [width, height] = maskSize(subject)
  const [over, under] = [document.createElement('canvas'), document.createElement('canvas')]
  for (const each of [over, under]) [each.width, each.height] = [width, height]
  const [painted, ground] = [over.getContext('2d'), under.getContext('2d')]
  if (!painted || !ground) throw new Error('This browser draws on no canvas.')
  draw(painted, marks, width, height)
  ground.fillStyle = '#000'
  ground.fillRect(0, 0, width, height)
  ground.drawImage(over, 0, 0)
  const blob = await new Promise<Blob | null>((resolve) => under.toBlob(resolve, 'image/png'))
  if (!blob) throw new Error('This browser makes no PNG.')
  return base64(blob)
}
