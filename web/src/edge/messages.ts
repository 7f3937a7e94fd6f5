/** What the page and its worker say to each other. */

import type { Wish, Mistake } from '../live/brush'
import type { Frame } from '../live/frame'
import type { Recipe } from '../studio/recipe'

export type ToWorker = { type: 'load'; base: string } | { type: 'paint'; wish: Wish } | { type: 'cancel' }

export type FromWorker =
  | { type: 'loading'; loaded: number; name: string }
  | { type: 'ready'; model: string; threads: number; stepMs: number; loaded: string[] }
  | { type: 'failed'; message: string }
  | { type: 'frame'; frame: Frame }
  | { type: 'step'; id: number; index: number; count: number; ms: number }
  | { type: 'done'; id: number; recipe: Recipe; timing: Record<string, number>; notes: string[] }
  | { type: 'mistake'; id: number; mistake: Mistake }
