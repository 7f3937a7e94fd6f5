/** Texts to token states (which guide) and vectors (which search by meaning), the recent ones kept. */

import type { Run } from './painter'
import { LENGTH, type Tokenizer } from './tokenizer'

export interface Encoded {
  /** [32 * width] */
  states: Float32Array
  /** [32], 1 where there is a token. */
  mask: Float32Array
  /** Unit length. */
  vector: Float32Array
}

const KEPT = 256

export class TextEncoder {
  private readonly kept = new Map<string, Encoded>()

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly run: Run,
  ) {}

  async encode(texts: readonly string[]): Promise<Encoded[]> {
    const fresh = [...new Set(texts)].filter((text) => !this.kept.has(text))
    if (fresh.length > 0) {
      const ids = fresh.map((text) => this.tokenizer.encode(text))
      const flat = new BigInt64Array(ids.flatMap((row) => [...row].map(BigInt)))
      const { states, vector } = await this.run('text_encoder', { ids: { data: flat, dims: [fresh.length, LENGTH] } })
      if (!states || !vector) throw new Error('The text encoder gave no states.')
      fresh.forEach((text, row) => {
        const part = (of: Float32Array): Float32Array => of.slice((row * of.length) / fresh.length, ((row + 1) * of.length) / fresh.length)
        const mask = Float32Array.from(ids[row] as Int32Array, (id) => (id === 0 ? 0 : 1))
        this.kept.set(text, { states: part(states), mask, vector: part(vector) })
      })
    }
    const found = texts.map((text) => this.kept.get(text) as Encoded)
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break
      this.kept.delete(oldest)
    }
    return found
  }
}
