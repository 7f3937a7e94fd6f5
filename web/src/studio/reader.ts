/** How the server reads the words, a moment after they were typed. Newest wins; without a line nothing is read. */

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import { understand, type Understood } from '../api/understand'
import type { Standing } from '../live/connection'
import { lex, settled, type Span } from '../prompt/lexer'

const PAUSE_MS = 120
/** A warning about half a word helps nobody. */
const REST_MS = 900

export class Reader {
  private readonly read = signal<Understood | null>(null)
  private readonly isResting = signal(true)
  private asked = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private rest: ReturnType<typeof setTimeout> | undefined

  /** What the server understood, while it is about these words; else the last that it could read. */
  readonly understood = computed(() => (settled(this.prompt.value) ? this.read.value : null))
  /** The words' grammar: as the server has it if it has read just these, else as far as the page knows it. */
  readonly spans = computed<Span[]>(() => {
    const text = this.prompt.value
    const read = this.read.value
    return read?.prompt === text ? read.spans : lex(text)
  })
  readonly warnings = computed(() => {
    const read = this.understood.value
    return read && this.isResting.value && read.prompt === this.prompt.value ? read.warnings : []
  })

  constructor(
    private readonly prompt: ReadonlySignal<string>,
    standing: ReadonlySignal<Standing>,
  ) {
    effect(() => {
      const text = prompt.value
      const isOpen = standing.value === 'open'
      clearTimeout(this.timer)
      clearTimeout(this.rest)
      this.isResting.value = false
      this.rest = setTimeout(() => (this.isResting.value = true), REST_MS)
      if (isOpen && settled(text)) this.timer = setTimeout(() => void this.ask(text), PAUSE_MS)
    })
  }

  private async ask(text: string): Promise<void> {
    const ticket = ++this.asked
    try {
      const found = await understand(text)
      if (ticket === this.asked) this.keep(found)
    } catch {
      // A server that does not know how leaves the page's own reading.
    }
  }

  /** With a mistake nothing is understood: what was so far stays, with the new colours. */
  private keep(found: Understood): void {
    const before = this.read.peek()
    this.read.value = found.hasMistake && before ? { ...before, prompt: found.prompt, spans: found.spans, hasMistake: true, warnings: [] } : found
  }
}
