/**
 * The workshop: what is done with pictures beyond painting from words. Which operations there are, which sheet is open
 * for which picture, and what was chosen in the gallery. Knows nothing of markup.
 */

import { batch, signal, type Signal } from '@preact/signals'
import { ApiError } from '../api/http'
import * as api from '../api/operations'
import { isPicture, subjectOf, type Brought } from './brought'
import type { Four } from './four'
import { words as told } from './rack'
import { promptFor, type Subject } from './subject'

export type Task =
  | { kind: 'remix' | 'region' | 'zoom' | 'describe' | 'begin'; subject: Subject }
  | { kind: 'brought'; subjects: Subject[]; brought: Brought }
  | { kind: 'shorten'; prompt: string }
  | { kind: 'drawings'; brought: Brought | null }

/** Whether a picture is flat enough for an SVG, as the server says. */
export type Flatness = 'asking' | 'flat' | 'shaded' | 'unknown'

export class Workshop {
  /** What the server can do with a picture, by name. */
  readonly offered = signal<ReadonlySet<string>>(new Set())
  readonly task = signal<Task | null>(null)
  /** The picture that is looked at closely. */
  readonly viewed = signal<Subject | null>(null)
  /** What went wrong, to be read where somebody works: in a sheet if one is open. */
  readonly trouble = signal<string | null>(null)
  readonly isSending = signal(false)
  /** While pictures are chosen in the gallery: which, in this order. */
  readonly chosen = signal<readonly string[] | null>(null)
  private readonly flatness = new Map<string, Signal<Flatness>>()

  constructor(
    private readonly four: Four,
    private readonly say: (message: string) => void,
    private readonly shown: () => void,
  ) {}

  async learn(): Promise<void> {
    this.offered.value = await api.operations()
  }

  open(task: Task): void {
    batch(() => {
      this.trouble.value = null
      this.task.value = task
    })
  }

  close(): void {
    batch(() => {
      this.trouble.value = null
      this.task.value = null
    })
  }

  /** Have an operation carried out; its pictures take the place of the four. Whether the server took it. */
  async run(name: string, subjects: Subject[], given: Record<string, unknown>, title: string, count = 4): Promise<boolean> {
    if (this.isSending.value) return false
    if (!this.offered.value.has(name)) {
      this.fail('This server does not offer that.')
      return false
    }
    this.isSending.value = true
    this.trouble.value = null
    try {
      const asked = count === 1 ? given : { count, ...given }
      const job = await api.operate(name, subjects.map(({ ref }) => ref), asked)
      batch(() => {
        this.task.value = null
        this.viewed.value = null
        this.chosen.value = null
        const said = typeof given.prompt === 'string' ? given.prompt : subjects.map((each) => promptFor(each) || each.words).join(' + ')
        this.four.begin(job, title, said, count)
      })
      this.shown()
      return true
    } catch (error) {
      this.fail(wordsOf(error))
      return false
    } finally {
      this.isSending.value = false
    }
  }

  /** Say it in the sheet that is open, or at the foot of the page. */
  fail(message: string): void {
    this.trouble.value = message
    if (!this.task.value && !this.viewed.value) this.say(message)
  }

  /** Somebody brought files: one picture to begin from, a few to blend, or drawings to be kept. */
  async take(brought: Brought): Promise<void> {
    const { files, fromFolder } = brought
    const pictures = files.filter(isPicture)
    if (files.length === 0) return this.say('There was no picture in that.')
    if (fromFolder || pictures.length < files.length || pictures.length > 5) return this.open({ kind: 'drawings', brought })
    try {
      const subjects = await Promise.all(pictures.map(subjectOf))
      this.open({ kind: 'brought', subjects, brought })
    } catch (error) {
      this.say(wordsOf(error))
    }
  }

  choose(id: string): void {
    const chosen = this.chosen.value ?? []
    this.chosen.value = chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]
  }

  /** Whether the server would trace it; asked once for each picture. */
  flat(subject: Subject): Flatness {
    const key = JSON.stringify(subject.ref)
    let known = this.flatness.get(key)
    if (!known) {
      known = signal<Flatness>('asking')
      this.flatness.set(key, known)
      api.vector(subject.ref).then(
        () => this.settle(key, 'flat'),
        (error: unknown) => this.settle(key, error instanceof ApiError && /shaded/.test(error.message) ? 'shaded' : 'unknown'),
      )
    }
    return known.value
  }

  private settle(key: string, found: Flatness): void {
    const known = this.flatness.get(key)
    if (known) known.value = found
  }
}

export function wordsOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 429) return `The studio is full. Try again in ${Math.ceil(error.retryAfter ?? 5)} s.`
  return told(error)
}
