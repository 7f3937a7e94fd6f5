/** This browser as a brush: starts the worker when it is first wanted, and speaks to it. */

import { signal } from '@preact/signals'
import { keepLoaded } from '../keep-page'
import type { Brush, BrushEvents, Wish } from '../live/brush'
import { Bundle, type Download } from './bundle'
import type { FromWorker, Ready, ToWorker } from './messages'

export type EdgeState =
  | { name: 'idle' }
  | { name: 'loading'; megabytes: number }
  | ({ name: 'ready' } & Ready)
  | { name: 'failed'; message: string }

const BASE = (): string => `${location.origin}/bundle`

export class EdgeBrush implements Brush {
  readonly name = 'edge'
  readonly state = signal<EdgeState>({ name: 'idle' })
  /** What is still to be fetched, once it was asked. */
  readonly download = signal<Download | null>(null)
  private worker: Worker | null = null
  private readonly loaded = new Map<string, number>()

  /** `beyond`: what the next picture asks that this browser does not know of, in sentences. */
  constructor(
    private readonly events: BrushEvents,
    private readonly beyond: () => string[] = () => [],
  ) {}

  get isReady(): boolean {
    return this.state.peek().name === 'ready'
  }

  /** Fetch the model and warm it up, unless that was done; a failure may be tried again. */
  load(): void {
    const { name } = this.state.peek()
    if (name === 'loading' || name === 'ready') return
    this.state.value = { name: 'loading', megabytes: 0 }
    this.worker?.terminate()
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data)
    this.worker.onerror = (event) => {
      this.state.value = { name: 'failed', message: event.message || 'The worker did not start.' }
    }
    const only = new URL(location.href).searchParams.get('edge')
    this.say({ type: 'load', base: BASE(), only: only === 'webgpu' || only === 'wasm' ? only : null })
  }

  /** Find out what is still to be fetched; silent where that cannot be told. */
  async ask(): Promise<void> {
    try {
      this.download.value = await (await Bundle.open(BASE())).download()
    } catch {
      // Without a line or a store nothing is known; whoever fetches will hear why it fails.
    }
  }

  paint(wish: Wish): boolean {
    if (!this.isReady) return false
    this.say({ type: 'paint', wish })
    return true
  }

  cancel(): void {
    if (this.isReady) this.say({ type: 'cancel' })
  }

  private say(message: ToWorker): void {
    this.worker?.postMessage(message)
  }

  private hear(message: FromWorker): void {
    switch (message.type) {
      case 'loading': {
        this.loaded.set(message.name, message.loaded)
        const bytes = [...this.loaded.values()].reduce((sum, each) => sum + each, 0)
        this.state.value = { name: 'loading', megabytes: Math.round(bytes / 1e6) }
        break
      }
      case 'ready':
        {
          const { type: _, loaded, ...ready } = message
          this.state.value = { name: 'ready', ...ready }
          void keepLoaded(loaded)
          void this.ask()
        }
        break
      case 'failed':
        this.state.value = { name: 'failed', message: message.message }
        break
      case 'frame':
        this.events.frame(message.frame)
        break
      case 'step':
        this.events.step(message.id, message.index, message.count, message.ms)
        break
      case 'done':
        this.events.done(message.id, message.recipe, message.timing, [...message.notes, ...this.beyond()])
        break
      case 'mistake':
        this.events.mistake(message.id, message.mistake)
    }
  }
}
