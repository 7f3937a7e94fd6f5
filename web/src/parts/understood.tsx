/** What was understood of the words: a line of chips under them, each telling what it means; and the warnings. */

import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { chipsOf, type Chip } from '../prompt/chips'
import type { Studio } from '../studio/studio'

export function UnderstoodWords({ studio, select }: { studio: Studio; select: (start: number, end: number) => void }) {
  const read = studio.reader.understood.value
  const chips = read ? chipsOf(read) : []
  const warnings = studio.reader.warnings.value
  return (
    <div class="understood">
      {chips.length > 0 && <Chips chips={chips} select={select} />}
      <ul class="warnings" aria-live="polite" aria-label="Warnings">
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </div>
  )
}

/** One stop for Tab; the arrows walk from chip to chip. */
function Chips({ chips, select }: { chips: Chip[]; select: (start: number, end: number) => void }) {
  const [at, setAt] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const current = Math.min(at, chips.length - 1)
  const keys = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    const next = (current + by + chips.length) % chips.length
    setAt(next)
    list.current?.querySelectorAll('button')[next]?.focus()
  }
  return (
    <ul ref={list} class="understood-chips" aria-label="What was understood" onKeyDown={keys}>
      {chips.map((chip, index) => (
        <li key={`${chip.kind}/${chip.title}/${index}`}>
          <Told
            chip={chip}
            isStop={index === current}
            focus={() => setAt(index)}
            press={() => chip.start !== undefined && chip.end !== undefined && select(chip.start, chip.end)}
          >
            {chip.kind === 'aspect' && <i class="shape" aria-hidden="true" style={{ aspectRatio: chip.value.replace(':', ' / ') }} />}
            {chip.title && <b>{chip.title}</b>}
            {chip.value && <span>{chip.value}</span>}
          </Told>
        </li>
      ))}
    </ul>
  )
}

interface ToldProps {
  chip: Chip
  isStop: boolean
  focus: () => void
  press: () => void
  children: ComponentChildren
}

function Told({ chip, isStop, focus, press, children }: ToldProps) {
  const id = useId()
  return (
    <>
      <button
        type="button"
        class="told-chip"
        data-kind={chip.kind}
        data-idle={chip.idle ? '' : undefined}
        tabIndex={isStop ? 0 : -1}
        aria-describedby={id}
        onFocus={focus}
        onClick={press}
      >
        {children}
      </button>
      <span id={id} class="tooltip" role="tooltip">
        {chip.meaning}
      </span>
    </>
  )
}
