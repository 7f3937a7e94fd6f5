/** How the server reads a prompt: where its grammar stands, and what it says. */

import { ask } from './http'
import type { Kind, Span } from '../prompt/lexer'
import { unitsOf } from '../prompt/positions'

export interface Understood {
  /** What was asked about. */
  prompt: string
  spans: Span[]
  /** How many prompts the permutations make; 0 where there is a mistake. */
  jobs: number
  /** Of the first of them. */
  text: { text: string; weight: number; normalised: number }[]
  images: { ref: string; weight: number }[]
  parameters: Parameter[]
  warnings: string[]
  hasMistake: boolean
}

export interface Parameter {
  name: string
  value: unknown
  meaning: string
  /** What it does in this studio. */
  here: string
  range: string
  /** Whether it has no effect here. */
  idle: boolean
}

interface Raw extends Omit<Understood, 'prompt' | 'spans' | 'hasMistake'> {
  marks: { start: number; end: number; kind: Kind; name: string }[]
  error: unknown
}

export async function understand(prompt: string): Promise<Understood> {
  const { marks, error, ...rest } = await ask<Raw>('POST', '/api/understand', { prompt })
  const units = unitsOf(prompt)
  const spans = marks.map(({ start, end, kind, name }) => ({ kind, name, start: units(start), end: units(end) }))
  return { ...rest, prompt, spans, hasMistake: error !== null }
}
