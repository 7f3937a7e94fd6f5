/** Where the words are written. A coloured copy lies under a see-through text area, letter under letter. */

import { useEffect, useRef } from 'preact/hooks'
import type { Span } from '../prompt/lexer'
import { toUnits } from '../prompt/positions'
import type { Studio } from '../studio/studio'
import { UnderstoodWords } from './understood'

export function PromptBox({ studio }: { studio: Studio }) {
  const { easel } = studio
  const area = useRef<HTMLTextAreaElement>(null)
  const text = easel.prompt.value
  const mistake = easel.mistake.value
  const at = mistake?.position == null ? null : toUnits(text, mistake.position)

  useEffect(() => {
    const element = area.current
    if (!element) return
    // What was typed while the page was still loading counts.
    if (element.value && element.value !== easel.prompt.peek()) easel.write(element.value)
    if (matchMedia('(hover: hover)').matches) element.focus({ preventScroll: true })
  }, [easel])

  const keys = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      studio.keepFour()
    } else if (event.key === 'Escape') {
      area.current?.blur()
    }
  }

  /** Show where something stands that was understood. */
  const select = (start: number, end: number): void => {
    area.current?.focus()
    area.current?.setSelectionRange(start, end)
  }

  return (
    <div class="prompt" data-wrong={mistake ? '' : undefined}>
      <label class="visually-hidden" for="prompt">
        What to paint
      </label>
      <div class="prompt-stack">
        <div class="prompt-ink" aria-hidden="true">
          {paint(text, studio.reader.spans.value, at)}
          {'\u200b'}
        </div>
        <textarea
          ref={area}
          id="prompt"
          name="prompt"
          rows={1}
          maxLength={studio.hello.value?.limits.prompt ?? 2000}
          placeholder="Type, and it paints"
          value={text}
          onInput={(event) => easel.write(event.currentTarget.value)}
          onKeyDown={keys}
          spellcheck={false}
          autocomplete="off"
          enterkeyhint="done"
          aria-invalid={mistake ? 'true' : undefined}
          aria-describedby={mistake ? 'mistake' : undefined}
        />
      </div>
      <p id="mistake" class="mistake" role="alert">
        {mistake && (
          <>
            {mistake.message}
            {easel.mending.value !== null && (
              <button
                type="button"
                class="link"
                onClick={() => {
                  easel.write(easel.mending.value ?? text)
                  area.current?.focus()
                }}
              >
                Mend it
              </button>
            )}
          </>
        )}
      </p>
      <UnderstoodWords studio={studio} select={select} />
    </div>
  )
}

/** The text in coloured pieces, the wrong character underlined. */
function paint(text: string, spans: readonly Span[], wrong: number | null) {
  const pieces: { span: Span; isWrong: boolean }[] = []
  const end = wrong === null ? -1 : wordEnd(text, wrong)
  for (const span of spans) {
    const cuts = [span.start, ...(wrong === null ? [] : [wrong, end].filter((c) => c > span.start && c < span.end)), span.end]
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const start = cuts[i] as number
      const isWrong = wrong !== null && start >= wrong && start < end
      pieces.push({ span: { kind: span.kind, start, end: cuts[i + 1] as number }, isWrong })
    }
  }
  const marked = pieces.map(({ span, isWrong }) => (
    <span key={span.start} class={`is-${span.kind}${isWrong ? ' is-wrong' : ''}`}>
      {text.slice(span.start, span.end)}
    </span>
  ))
  // A mistake at the very end has no character to stand under.
  return wrong !== null && wrong >= text.length ? [...marked, <span key="end" class="is-wrong">{'\u2002'}</span>] : marked
}

function wordEnd(text: string, from: number): number {
  const rest = /^\s?\S*/.exec(text.slice(from))
  return from + Math.max(rest?.[0].length ?? 1, 1)
}
