/**
 * The engine's painter in the browser: the same words, drawings, noise, grid and steps, by the student where it was
 * taught what is asked and by the denoiser with guidance elsewhere. Any runtime that can run a graph will do.
 */

import type { Manifest } from './bundle'
import { compose, hint, type Collage } from './collage'
import { studentFor } from './few-steps'
import type { Library } from './library'
import { readWords, relationBetween } from './phrases'
import { imagined } from './prior'
import { Generator } from './random'
import { read, stylized, type Part } from './reading'
import { choose, recall } from './recall'
import { fitted, type Pixels } from './resample'
import { euler, guided, renoise } from './sampler'
import { gridFor } from './schedule'
import { cellsOf, nearest, sides, type Cells, type Size } from './shapes'
import { stepsFor, type HeadFile } from './steps-head'
import { TextEncoder, type Encoded } from './text'
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
  steps: number | 'auto'
  guidance: number | null
  /** 0..1, or null: as the model recommends. */
  memory: number | null
  style: string
}

export interface EdgeStep {
  index: number
  count: number
  t: number
  clean: Float32Array
  /** RGB bytes of the cheap preview, `columns` x `rows`. */
  preview: Uint8Array
  isLast: boolean
}

/** All that is decided before the first step. */
export interface Sitting {
  /** The words alone, as the recipe has them. */
  prompt: string
  parts: Part[]
  seed: number
  steps: number
  isAuto: boolean
  grid: readonly number[]
  churn: readonly number[]
  guidance: number
  memory: number
  graph: 'student' | 'denoiser'
  style: string | null
  /** Width and height that the picture is given out at, and that it is painted at. */
  size: Size
  paintedAt: Size
  cells: Cells
  collage: Collage | null
  hint: Float32Array | null
  texts: Encoded[]
  notes: string[]
}

export interface Materials {
  manifest: Manifest
  tokenizer: Tokenizer
  library: Library | null
  head: HeadFile | null
  run: Run
}

/** Words of the prompt before what is not wanted: the encoder reads 32 tokens. */
const CONTEXT = 18

export class EdgePainter {
  private readonly text: TextEncoder

  constructor(private readonly materials: Materials) {
    this.text = new TextEncoder(materials.tokenizer, materials.run)
  }

  /** Read a wish, recall drawings, choose who paints. Throws ReadingMistake. */
  async prepare(asked: Asked): Promise<Sitting> {
    const { manifest, head } = this.materials
    const reading = read(asked.prompt)
    const seed = reading.seed ?? asked.seed
    const wanted = reading.style ?? (asked.style || null)
    const style = styleOf(manifest, wanted)
    const phrase = (name: string): string => manifest.styles[name]?.[0] ?? name
    const parts = stylized(reading.parts, reading.stylize, style, phrase)
    const styled = (text: string): string => (style ? `${text}, ${phrase(style)}` : text)
    const prompt = parts.length === 1 ? (parts[0] as Part).text : parts.flatMap(({ text, weight }) => (weight > 0 ? [text] : [])).join(', ')
    // What is not wanted is said of the picture that is, as the engine says it.
    const context = prompt.split(/\s+/).filter(Boolean).slice(0, CONTEXT).join(' ')
    const texts = await this.text.encode(parts.map(({ text, weight }) => styled(weight > 0 ? text : `${context}, ${text}`)))

    const [native] = manifest.picture_sizes as [[number, number]]
    const size: Size = reading.aspect === null ? native : sides(reading.aspect)
    const paintedAt = nearest(manifest.picture_sizes, size[0] / size[1])
    const [, rows, columns] = manifest.latent.shape
    const cells = cellsOf(paintedAt, native, { rows, columns })
    const memory = asked.memory ?? manifest.memory ?? 1
    const collage = await (memory > 0 ? this.collage(styled(prompt), style, seed, cells) : this.sketched(styled(prompt), style, seed, cells))

    const isAuto = asked.steps === 'auto'
    if (isAuto && !head) throw new Error('This model cannot tell how many steps words need: choose how many.')
    const steps = asked.steps === 'auto' ? stepsFor(head as HeadFile, seen(parts, texts, collage)) : asked.steps
    const student = studentFor({ steps, parts: parts.length, guidance: asked.guidance }, manifest)
    return {
      prompt, parts, seed, steps, isAuto, style, size, paintedAt, cells, memory, collage, texts,
      grid: student ? (student.grids[String(steps)] as number[]) : gridFor(steps, manifest.time_grids),
      churn: student ? [] : (manifest.churn?.[String(steps)] ?? []),
      guidance: asked.guidance ?? (student ?? manifest).guidance_scale,
      graph: student ? 'student' : 'denoiser',
      hint: collage && (await hint(collage, (rgb, width, height) => this.encodePicture(rgb, width, height))),
      notes: [
        ...(reading.beyond.length > 0 ? [`Not done in the browser, so without effect: ${reading.beyond.join(', ')}.`] : []),
        ...(wanted && !style ? [`No style of the model is called ${wanted}. The picture is painted without it.`] : []),
      ],
    }
  }

  /** The steps of a picture, one by one; stop asking and the work stops. */
  async *steps(sitting: Sitting): AsyncGenerator<EdgeStep> {
    const { grid, cells, seed, churn } = sitting
    const count = grid.length - 1
    const size = this.materials.manifest.latent.shape[0] * cells.rows * cells.columns
    let state = new Generator(seed).normals(size)
    const fresh = new Generator(seed, 2)
    for (let index = 0; index < count; index += 1) {
      const t = grid[index] as number
      const goal = grid[index + 1] as number
      const clean = await this.predict(sitting, state, t, goal)
      const low = goal * (1 - (churn[index] ?? 0))
      state = euler(state, clean, t, low)
      if (goal > low) state = renoise(state, fresh.normals(size), low, goal)
      const isLast = index + 1 === count
      yield { index, count, t: goal, clean, preview: preview(clean, cells, this.materials.manifest), isLast }
    }
  }

  /** The picture of a clean latent, at the size that was asked for: RGBA bytes. */
  async decode({ clean }: EdgeStep, { cells, paintedAt, size }: Sitting): Promise<{ pixels: Uint8ClampedArray<ArrayBuffer>; width: number; height: number }> {
    const [channels] = this.materials.manifest.latent.shape
    const { picture } = await this.materials.run('decoder', { latent: { data: clean, dims: [1, channels, cells.rows, cells.columns] } })
    if (!picture) throw new Error('The decoder gave no picture.')
    const area = picture.length / 3
    const data = new Uint8ClampedArray(area * 3)
    for (let i = 0; i < area; i += 1) for (let c = 0; c < 3; c += 1) data[i * 3 + c] = toByte(picture[c * area + i] as number)
    const painted: Pixels = { width: paintedAt[0], height: paintedAt[1], channels: 3, data }
    const [width, height] = size
    const rgb = fitted(painted, width, height).data
    const pixels = new Uint8ClampedArray(width * height * 4).fill(255)
    for (let i = 0; i < width * height; i += 1) for (let c = 0; c < 3; c += 1) pixels[i * 4 + c] = rgb[i * 3 + c] as number
    return { pixels, width, height }
  }

  /** The drawings that a prompt calls to mind, in their places; null where there are none. */
  private async collage(words: string, style: string | null, seed: number, cells: Cells): Promise<Collage | null> {
    const { library } = this.materials
    if (!library) return null
    const said = readWords(words)
    const things = await recall(said, library, async (texts) => (await this.text.encode(texts)).map(({ vector }) => vector))
    const [first, second] = things
    if (!first) return null
    const relation = second ? relationBetween(said, first.start, second.start) : null
    const rng = new Generator(seed, 1)
    return compose(choose(things, library, style ?? said.style, rng), library, relation, said.scenery, rng, cells)
  }

  /** From words alone: what the prior sketches, in the places that drawings would have. */
  private async sketched(words: string, style: string | null, seed: number, cells: Cells): Promise<Collage | null> {
    const { manifest, run } = this.materials
    if (!manifest.prior) return null
    const said = readWords(words)
    const rng = new Generator(seed, 1)
    const encode = async (texts: string[]): Promise<Float32Array[]> => (await this.text.encode(texts)).map(({ vector }) => vector)
    const made = await imagined(said, style ?? said.style, manifest.prior.styles, run, encode, rng)
    if (!made) return null
    const [first, second] = made.things
    const relation = first && second ? relationBetween(said, first.start, second.start) : null
    return compose(made.things, made.pictures, relation, said.scenery, rng, cells)
  }

  private async encodePicture(rgb: Float32Array, width: number, height: number): Promise<Float32Array> {
    const { latent } = await this.materials.run('encoder', { picture: { data: rgb, dims: [1, 3, height, width] } })
    if (!latent) throw new Error('The encoder gave no latent.')
    return latent
  }

  /** The clean latent as guidance has it: all parts, and where guidance counts the unconditional side, in one call. */
  private async predict(sitting: Sitting, state: Float32Array, t: number, until: number): Promise<Float32Array> {
    const { texts, cells, graph, guidance } = sitting
    const { manifest, run } = this.materials
    const [low, high] = manifest.guidance_interval
    const scale = graph === 'denoiser' && t >= low && t <= high ? guidance : 1
    const rows = texts.length + (scale === 1 ? 0 : 1)
    const width = (texts[0] as Encoded).states.length / LENGTH
    const [channels] = manifest.latent.shape
    const feeds: Record<string, Tensor> = {
      latent: planes(rows, channels, cells),
      hint: planes(rows, channels + 1, cells),
      region: planes(rows, channels + 2, cells),
      states: { data: new Float32Array(rows * LENGTH * width), dims: [rows, LENGTH, width] },
      text_mask: { data: new Float32Array(rows * LENGTH), dims: [rows, LENGTH] },
      time: { data: new Float32Array(rows).fill(t), dims: [rows] },
    }
    if (graph === 'student') feeds.until = { data: new Float32Array(rows).fill(until), dims: [rows] }
    const put = (name: string, row: number, values: Float32Array): void =>
      (feeds[name] as { data: Float32Array }).data.set(values, row * values.length)
    for (let row = 0; row < rows; row += 1) put('latent', row, state)
    texts.forEach((text, row) => {
      put('states', row, text.states)
      put('text_mask', row, text.mask)
      // Where nothing of the library is looked at, the hint is of sketches, and stays.
      if (sitting.hint && (sitting.memory === 0 || t > 1 - sitting.memory)) put('hint', row, sitting.hint)
    })
    const { clean } = await run(graph, feeds)
    if (!clean) throw new Error(`The ${graph} gave no latent.`)
    return guided(clean, sitting.parts.map(({ weight }) => weight), scale, guidance)
  }
}

function planes(rows: number, channels: number, cells: Cells): Tensor {
  return { data: new Float32Array(rows * channels * cells.rows * cells.columns), dims: [rows, channels, cells.rows, cells.columns] }
}

function seen(parts: readonly Part[], texts: readonly Encoded[], collage: Collage | null): Parameters<typeof stepsFor>[1] {
  const vector = (texts[0] as Encoded).vector.map((_, i) => parts.reduce((sum, { weight }, row) => sum + weight * ((texts[row] as Encoded).vector[i] as number), 0))
  const words = Math.max(...texts.map(({ mask }) => mask.reduce((sum, value) => sum + value, 0)))
  return { vector, words, things: collage?.boxes.flat().length ?? 0, isHinted: collage !== null }
}

function styleOf(manifest: Manifest, wanted: string | null): string | null {
  const plain = (text: string): string => text.toLowerCase().replaceAll('-', ' ').trim()
  if (!wanted) return null
  return Object.keys(manifest.styles).find((name) => [name, ...(manifest.styles[name] ?? [])].some((each) => plain(each) === plain(wanted))) ?? null
}

function preview(clean: Float32Array, cells: Cells, { latent, preview: { matrix, bias } }: Manifest): Uint8Array {
  const [channels] = latent.shape
  const area = cells.rows * cells.columns
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
