/**
 * What paints: the server behind a WebSocket, or the worker in this browser. Both take the same wish and answer
 * with the same events, so that nothing above knows which of them is at work.
 */

import type { Recipe } from '../studio/recipe'
import type { Frame } from './frame'

export interface Wish {
  id: number
  prompt: string
  seed: number
  /** How many, or as many as the words need. */
  steps: number | 'auto'
  /** 0..1, or null: as the model recommends. */
  memory: number | null
  guidance: number | null
  /** A style's name, or empty. */
  style: string
  /** Whether the picture may take its time: the typing paused. */
  final: boolean
}

export interface Mistake {
  message: string
  /** The first wrong character of the prompt, in code points, if it is the prompt that is wrong. */
  position: number | null
  suggestion: string | null
  /** The mistake's stable name, if it has one. */
  kind: string | null
}

export interface BrushEvents {
  frame(frame: Frame): void
  step(id: number, index: number, count: number, ms: number): void
  done(id: number, recipe: Recipe, timing: Record<string, number>, notes: string[]): void
  mistake(id: number, mistake: Mistake): void
}

export interface Brush {
  readonly name: 'server' | 'edge'
  /** Paint; whatever was being painted stops. False if nothing can be painted now. */
  paint(wish: Wish): boolean
  cancel(): void
}
