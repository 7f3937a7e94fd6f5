/**
 * The engine's painter in the browser: words to a picture by the same noise, grid, guidance and steps. Words alone: the
 * library's drawings are not looked at here yet. Any runtime that can run a graph will do.
 */

import type { Manifest } from './bundle'
import { Generator } from './random'
import { read } from './reading'
import { gridFor } from './schedule'
import { LENGTH, type Tokenizer } from './tokenizer'

export interface Tensor {
  data: Float32Array | BigInt64Array
  dims: number[]
}

/** Runs one graph of the bundle by its name. */
export type Run = (graph: string, feeds: Record<string, Tensor>) => Promise<Record<string, Float32Array>>

export interface Asked {
  prompt: string
  seed: number
  steps: number
  guidance: number | null
  style: string
}

export interface EdgeStep {
  index: number
  count: number
  t: number
  clean: Float32Array
  /** RGB bytes of the cheap preview. */
  preview: Uint8Array
}

export interface Sitting {
  prompt: string
  seed: number
  grid: readonly number[]
  guidance: number
  notes: string[]
  style: string | null
}

export class EdgePainter {
  constructor(
    private readonly manifest: Manifest,
    private readonly tokenizer: Tokenizer,
    private readonly run: Run,
  ) {}

  get side(): [number, number] {
    return [this.manifest.latent.shape[2], this.manifest.latent.shape[1]]
  }

  /** The steps of a picture, one by one; stop asking and the work stops. Throws ReadingMistake. */
  async *steps(asked: Asked, begun: (sitting: Sitting) => void): AsyncGenerator<EdgeStep> {
    const { manifest } = this
    const reading = read(asked.prompt)
    const [channels, rows, columns] = manifest.latent.shape
    const size = channels * rows * columns
    const seed = reading.seed ?? asked.seed
    const grid = gridFor(asked.steps, manifest.time_grids)
    const churn = manifest.churn?.[String(asked.steps)] ?? []
    const guidance = asked.guidance ?? manifest.guidance_scale
    const style = styleOf(manifest, reading.style ?? asked.style)
    begun({ prompt: asked.prompt, seed, grid, guidance, notes: reading.notes, style: style?.name ?? null })

    const texts = reading.parts.map(({ text }) => (style ? `${text}, ${style.words}` : text))
    const text = await this.encode(texts)
    const weights = reading.parts.map(({ weight }) => weight)
    let state = new Generator(seed).normals(size)
    const fresh = new Generator(seed, 2)

    for (let index = 0; index < grid.length - 1; index += 1) {
      const t = grid[index] as number
      const goal = grid[index + 1] as number
      const clean = await this.predict(state, t, text, weights, guidance)
      const low = goal * (1 - (churn[index] ?? 0))
      state = euler(state, clean, t, low)
      if (goal > low) state = renoise(state, fresh.normals(size), low, goal)
      yield { index, count: grid.length - 1, t: goal, clean, preview: preview(clean, manifest) }
    }
  }

  /** The picture of a clean latent: RGBA bytes with its width and height. */
  async decode(clean: Float32Array): Promise<{ pixels: Uint8ClampedArray<ArrayBuffer>; side: number }> {
    const { picture } = await this.run('decoder', { latent: { data: clean, dims: [1, ...this.manifest.latent.shape] } })
    if (!picture) throw new Error('The decoder gave no picture.')
    const area = picture.length / 3
    const pixels = new Uint8ClampedArray(area * 4)
    for (let i = 0; i < area; i += 1) {
      for (let c = 0; c < 3; c += 1) pixels[i * 4 + c] = toByte(picture[c * area + i] as number)
      pixels[i * 4 + 3] = 255
    }
    return { pixels, side: Math.sqrt(area) }
  }

  private async encode(texts: string[]): Promise<{ states: Float32Array; mask: Float32Array; width: number }> {
    const ids = texts.map((each) => this.tokenizer.encode(each))
    const flat = new BigInt64Array(ids.flatMap((row) => [...row].map(BigInt)))
    const { states } = await this.run('text_encoder', { ids: { data: flat, dims: [texts.length, LENGTH] } })
    if (!states) throw new Error('The text encoder gave no states.')
    const mask = Float32Array.from(ids.flatMap((row) => [...row].map((id) => (id === 0 ? 0 : 1))))
    return { states, mask, width: states.length / texts.length / LENGTH }
  }

  /** The clean latent as guidance has it: all parts, and where guidance counts the unconditional side, in one call. */
  private async predict(
    state: Float32Array,
    t: number,
    text: { states: Float32Array; mask: Float32Array; width: number },
    weights: number[],
    guidance: number,
  ): Promise<Float32Array> {
    const [channels, height, width] = this.manifest.latent.shape
    const [low, high] = this.manifest.guidance_interval
    const scale = t >= low && t <= high ? guidance : 1
    const parts = weights.length
    const rows = scale === 1 ? parts : parts + 1
    const size = state.length
    const latent = new Float32Array(rows * size)
    for (let row = 0; row < rows; row += 1) latent.set(state, row * size)
    const states = new Float32Array(rows * LENGTH * text.width)
    states.set(text.states)
    const mask = new Float32Array(rows * LENGTH)
    mask.set(text.mask)
    const plane = height * width
    const { clean } = await this.run('denoiser', {
      latent: { data: latent, dims: [rows, channels, height, width] },
      hint: { data: new Float32Array(rows * (channels + 1) * plane), dims: [rows, channels + 1, height, width] },
      region: { data: new Float32Array(rows * (channels + 2) * plane), dims: [rows, channels + 2, height, width] },
      states: { data: states, dims: [rows, LENGTH, text.width] },
      text_mask: { data: mask, dims: [rows, LENGTH] },
      time: { data: new Float32Array(rows).fill(t), dims: [rows] },
    })
    if (!clean) throw new Error('The denoiser gave no latent.')
    // What is wanted is a mean; what is not wanted leads away from the unconditional side, as strongly as guidance leads
    // to the rest. Without any guidance there is nothing to lead away from, and one sum is all there is.
    const wanted = weights.reduce((sum, weight) => sum + Math.max(weight, 0), 0)
    const shares = guidance === 1 ? weights : weights.map((weight) => weight / wanted)
    const out = new Float32Array(size)
    for (let i = 0; i < size; i += 1) {
      const plain = rows > parts ? (clean[parts * size + i] as number) : 0
      let conditional = 0
      let away = 0
      for (let part = 0; part < parts; part += 1) {
        const share = shares[part] as number
        const side = clean[part * size + i] as number
        if (share > 0 || guidance === 1) conditional += share * side
        else away += share * (side - plain)
      }
      out[i] = rows > parts ? plain + scale * (conditional - plain + away) : conditional
    }
    return out
  }
}

function styleOf(manifest: Manifest, wanted: string | null): { name: string; words: string } | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', ' ').trim()
  if (!wanted) return null
  for (const [name, words] of Object.entries(manifest.styles)) {
    if ([name, ...words].some((each) => plain(each) === plain(wanted))) return { name, words: words[0] ?? name }
  }
  return null
}

/** From t to s along the straight line that `clean` implies. */
function euler(state: Float32Array, clean: Float32Array, t: number, s: number): Float32Array<ArrayBuffer> {
  const share = s / t
  return Float32Array.from(state, (value, i) => share * value + (1 - share) * (clean[i] as number))
}

/** From time `low` up to `high` by fresh noise, on the same marginal. */
function renoise(state: Float32Array, noise: Float32Array, low: number, high: number): Float32Array<ArrayBuffer> {
  const kept = (1 - high) / (1 - low)
  const spread = Math.sqrt(Math.max(high * high - (kept * low) ** 2, 0))
  return Float32Array.from(state, (value, i) => kept * value + spread * (noise[i] as number))
}

function preview(clean: Float32Array, { latent, preview: { matrix, bias } }: Manifest): Uint8Array {
  const [channels, rows, columns] = latent.shape
  const area = rows * columns
  const out = new Uint8Array(area * 3)
  for (let i = 0; i < area; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      let value = bias[c] ?? 0
      for (let k = 0; k < channels; k += 1) value += (clean[k * area + i] as number) * (matrix[k]?.[c] ?? 0)
      out[i * 3 + c] = toByte(value)
    }
  }
  return out
}

/** -1..1 as a byte. */
function toByte(value: number): number {
  return Math.round((Math.min(Math.max(value, -1), 1) + 1) * 127.5)
}
