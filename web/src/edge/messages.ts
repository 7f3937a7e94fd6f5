/** What the page and its worker say to each other. */

import type { Wish, Mistake } from '../live/brush'
import type { Frame } from '../live/frame'
import type { Recipe } from '../studio/recipe'
import type { Backend } from './runtime'

/** `only`: take this backend and try no other. */
export type ToWorker = { type: 'load'; base: string; only: Backend | null } | { type: 'paint'; wish: Wish } | { type: 'cancel' }

export interface Ready {
  model: string
  backend: Backend
  threads: number
  /** Milliseconds from a wish to its first stroke. */
  strokeMs: number
}

export type FromWorker =
  | { type: 'loading'; loaded: number; name: string }
  | ({ type: 'ready'; loaded: string[] } & Ready)
  | { type: 'failed'; message: string }
  | { type: 'frame'; frame: Frame }
  | { type: 'step'; id: number; index: number; count: number; ms: number }
  | { type: 'done'; id: number; recipe: Recipe; timing: Record<string, number>; notes: string[] }
  | { type: 'mistake'; id: number; mistake: Mistake }
