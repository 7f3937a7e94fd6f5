/**
 * The easel: the prompt being written and the picture that follows it. Chooses the brush, drops what comes too late,
 * and keeps the newest finished picture. Knows nothing of canvases or markup.
 */

import { batch, computed, effect, signal, untracked } from '@preact/signals'
import type { Brush, BrushEvents, Mistake, Wish } from '../live/brush'
import { Order, type Frame } from '../live/frame'
import { Pacing } from '../live/pacing'
import { aspectOf, settled } from '../prompt/lexer'
import { mended, toUnits } from '../prompt/positions'
import type { Recipe } from './recipe'
import { FINENESS, SEEDS, USUAL_STEPS, newSeed, type Settings } from './settings'

export interface Finished {
  recipe: Recipe
  timing: Record<string, number>
  /** What the server did otherwise than the words may lead one to expect. */
  notes: string[]
  /** The file as the painter made it, if it made one. */
  file: Blob | null
  by: 'server' | 'edge'
}

export interface Progress {
  id: number
  index: number
  count: number
  final: boolean
}

const PROMPT_KEY = 'allaprima.prompt'

export class Easel {
  readonly prompt = signal(read(PROMPT_KEY))
  readonly progress = signal<Progress | null>(null)
  readonly finished = signal<Finished | null>(null)
  readonly mistake = signal<Mistake | null>(null)
  /** Milliseconds from the newest wish to its first frame. */
  readonly latency = signal<number | null>(null)
  /** The same, of the newest wish that the server painted: what "auto" compares. */
  readonly serverMs = signal<number | null>(null)
  readonly isBusy = computed(() => this.progress.value !== null)
  /** Who shows frames; the wall's canvas puts itself here. */
  show: (frame: Frame, aspect: number, isCurrent: () => boolean) => void = () => {}

  /** Steps while the words still change; the server says how many it can afford. */
  draftSteps = 1

  private readonly order = new Order()
  private readonly pacing = new Pacing(() => this.paint(false), () => this.paint(true))
  private nextId = 1
  private wish: Wish | null = null
  private sentAt = 0
  private timed = 0
  private isEmpty = true
  private lastFile: { id: number; blob: Blob } | null = null
  private brush: Brush | null = null

  constructor(private readonly settings: Settings) {
    this.isEmpty = !settled(this.prompt.value)
    effect(() => write(PROMPT_KEY, this.prompt.value))
    // A setting that changes the picture is painted like a word that changes.
    let isFirst = true
    effect(() => {
      const { fineness, memory, guidance, style, seed } = settings
      void [fineness.value, memory.value, guidance.value, style.value, seed.value]
      if (!isFirst) untracked(() => this.touch())
      isFirst = false
    })
  }

  readonly events: BrushEvents = {
    frame: (frame) => {
      if (this.order.isStale(frame)) return
      if (frame.id === this.wish?.id && this.timed !== frame.id) {
        this.timed = frame.id
        this.latency.value = performance.now() - this.sentAt
        if (this.brush?.name === 'server') this.serverMs.value = this.latency.value
      }
      if (frame.kind === 'webp') {
        this.lastFile = { id: frame.id, blob: new Blob([frame.payload.slice()], { type: 'image/webp' }) }
      }
      this.show(frame, aspectOf(this.wish?.prompt ?? ''), () => this.order.advance(frame))
    },
    step: (id, index, count) => {
      if (id === this.wish?.id) this.progress.value = { id, index: index + 1, count, final: this.wish.final }
    },
    done: (id, recipe, timing, notes) => {
      if (id !== this.wish?.id) return
      batch(() => {
        this.progress.value = null
        this.mistake.value = null
        const file = this.lastFile?.id === id ? this.lastFile.blob : null
        this.finished.value = { recipe, timing, notes, file, by: this.brush?.name ?? 'server' }
      })
    },
    mistake: (id, mistake) => {
      // Half a parameter is a mistake for as long as it is being typed; only one that rests is told.
      if (id !== this.wish?.id) return
      this.progress.value = null
      if (this.wish.final) this.mistake.value = mistake
    },
  }

  /** Paint with this brush from now on. */
  take(brush: Brush | null): void {
    if (this.brush === brush) return
    this.brush?.cancel()
    this.brush = brush
    if (brush) this.paint(true)
  }

  /** The line is back: what is on the easel is painted again, whatever was lost. */
  resume(): void {
    this.paint(true)
  }

  write(prompt: string): void {
    const isNew = settled(prompt) !== settled(this.prompt.value)
    this.prompt.value = prompt
    if (isNew) this.touch()
  }

  /** The prompt with the mistake mended as suggested, or null. */
  readonly mending = computed(() => {
    const mistake = this.mistake.value
    if (!mistake || mistake.position === null) return null
    const text = this.prompt.value
    return mended(text, toUnits(text, mistake.position), mistake.kind, mistake.suggestion)
  })

  /** Another seed: the same words, another picture. */
  dice(): void {
    this.settings.seed.value = newSeed()
  }

  /** Put words and a seed on the easel. */
  load(prompt: string, seed: number): void {
    batch(() => {
      // A seed that the words name themselves would go before the one that is wanted.
      this.prompt.value = prompt.replace(/\s+(?:--|—|–)seed\s+\d+/gi, '')
      this.settings.seed.value = seed % SEEDS
    })
    this.touch()
  }

  private touch(): void {
    this.mistake.value = null
    const wasEmpty = this.isEmpty
    this.isEmpty = !settled(this.prompt.value)
    if (this.isEmpty) {
      if (wasEmpty) return
      this.pacing.drop()
      this.brush?.cancel()
      this.wish = null
      this.progress.value = null
      // Whoever begins anew begins with another seed.
      if (!this.settings.seedLocked.value) this.dice()
      return
    }
    this.pacing.touch()
  }

  private paint(final: boolean): void {
    const prompt = this.prompt.value
    if (!this.brush || !settled(prompt)) return
    const { fineness, memory, guidance, style, seed } = this.settings
    const fine = FINENESS[fineness.value]?.steps ?? USUAL_STEPS
    const wish: Wish = {
      id: this.nextId++,
      prompt,
      seed: seed.value,
      steps: final ? fine : fine === 'auto' ? this.draftSteps : Math.min(this.draftSteps, fine),
      memory: memory.value,
      guidance: guidance.value,
      style: style.value,
      final,
    }
    if (!this.brush.paint(wish)) return
    this.wish = wish
    this.sentAt = performance.now()
    // How many steps the words need is known with the first of them.
    this.progress.value = { id: wish.id, index: 0, count: wish.steps === 'auto' ? 0 : wish.steps, final }
  }
}

function read(key: string): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Without a store the prompt is merely forgotten at the next visit.
  }
}
