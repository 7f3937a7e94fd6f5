/** Words and a button: what most sheets for a picture end in. */

import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { Studio } from '../studio/studio'
import { Trouble } from './trouble'

interface WordsFormProps {
  studio: Studio
  label: string
  /** What stands there at first. */
  words: string
  go: string
  /** Why it cannot go yet, or null. */
  off?: string | null
  /** Whether the operation can do without words. */
  isOptional?: boolean
  isFirst?: boolean
  /** Stands between the words and the button. */
  children?: ComponentChildren
  run: (words: string) => void
}

export function WordsForm({ studio, label, words, go, off = null, isOptional = false, isFirst = false, children, run }: WordsFormProps) {
  const [text, setText] = useState(words)
  const id = useId()
  const isSending = studio.workshop.isSending.value
  const why = isSending ? 'It is being sent' : !isOptional && !text.trim() ? 'Write what it is to show' : off
  const send = (): void => {
    if (!why) run(text.trim())
  }
  return (
    <form
      class="words-form"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={3}
        maxLength={2000}
        value={text}
        autofocus={isFirst}
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
          event.preventDefault()
          send()
        }}
      />
      {children}
      <div class="row">
        <button type="submit" class="primary" aria-disabled={why !== null}>
          {isSending ? 'Sending' : go}
        </button>
        {why && !isSending && <span class="quiet">{why}</span>}
      </div>
      <Trouble studio={studio} />
    </form>
  )
}
