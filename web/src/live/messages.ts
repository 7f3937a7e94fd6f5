/** The JSON half of the live protocol, typed. docs/live-protocol.md is its description. */

import type { Recipe } from '../studio/recipe'

export interface PaintRequest {
  type: 'paint'
  id: number
  prompt: string
  seed: number
  steps: number | 'auto'
  memory: number | null
  final: boolean
  guidance: number | null
}

export type ClientMessage = PaintRequest | { type: 'cancel' } | { type: 'ping' }

export interface HelloMessage {
  type: 'hello'
  protocol: number
  version: string
  model: { name: string; sha256: string }
  preview: [number, number]
  picture: [number, number]
  steps: { draft: number; final: number }
  limits: { steps: number; prompt: number }
}

export interface StepMessage {
  type: 'step'
  id: number
  index: number
  count: number
  t: number
  ms: number
}

export interface DoneMessage {
  type: 'done'
  id: number
  recipe: Recipe
  timing_ms: Record<string, number>
  notes?: string[]
}

export interface ErrorMessage {
  type: 'error'
  id: number | null
  message: string
  /** Counted in Unicode code points. */
  position?: number | null
  suggestion?: string | null
  kind?: string | null
}

export type ServerMessage =
  | HelloMessage
  | { type: 'accepted'; id: number }
  | { type: 'picture'; id: number; index: number; count: number }
  | { type: 'stopped'; id: number; reason: string; steps: number }
  | StepMessage
  | DoneMessage
  | ErrorMessage
  | { type: 'pong' }

/** The message in a text frame, or null when it is none that this page knows. */
export function readMessage(text: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(text)
    const known = ['hello', 'accepted', 'step', 'picture', 'done', 'stopped', 'error', 'pong']
    if (typeof message !== 'object' || message === null) return null
    const { type } = message as { type?: unknown }
    return typeof type === 'string' && known.includes(type) ? (message as ServerMessage) : null
  } catch {
    return null
  }
}
