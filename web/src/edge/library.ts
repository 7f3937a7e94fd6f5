/**
 * The library: drawings kept outside the weights, found by the phrases that name them, by exact words or by meaning.
 * The engine's search over the bundle's files. Knows nothing of prompts or of where a drawing is to be put.
 */

import { folded } from './phrases'
import type { Pixels } from './resample'
import tables from './words.json'

export interface Drawing {
  name: string
  /** The same for one thing drawn in several styles. */
  concept: string
  style: string
  licence: string
  source: string
  version: string
  sha256: string
  offset: number
  length: number
  /** Places among the library's phrases: the name first, then the keywords. */
  phrases: number[]
}

/** A concept that a phrase means, and how surely (1: the very words of its name). */
export interface Match {
  concept: string
  score: number
}

/** Makes RGBA with straight alpha of a picture's file. */
export type Decode = (file: Uint8Array<ArrayBuffer>) => Promise<Pixels>

const KEYWORD_BASE = 0.6
const KEYWORD_SLOPE = 0.32
/** For a keyword that ends the name: "apple" for "red apple". */
const HEAD_BONUS = 0.02
/** What a bare word means first of all counts so much, so that "fire truck" may still mean something closer. */
const PLAINEST_SCORE = 0.86
const PLAINEST = new Map<string, string>(Object.entries(tables.plainest))
/** Styles that come only when called: of two concepts that share a word, one with other drawings goes first. */
const CALLED_STYLES = new Set(tables.called_styles)
const CALLED_LOSS = 0.2
const VISIBLE = 8
const KEPT = 64

export class Library {
  readonly byConcept = new Map<string, Drawing[]>()
  private readonly index = new Map<string, number>()
  private readonly meant: Map<string, number>[]
  private readonly weights: Float32Array
  private readonly images = new Map<Drawing, Promise<Pixels>>()

  /** `vectors` is [phrases, width] of any length; `pixels` holds the encoded drawings end to end. */
  constructor(
    drawings: readonly Drawing[],
    private readonly phrases: readonly string[],
    private readonly vectors: Float32Array,
    private readonly pixels: Uint8Array<ArrayBuffer>,
    private readonly decode: Decode,
  ) {
    for (const drawing of drawings) {
      const same = this.byConcept.get(drawing.concept)
      if (same) same.push(drawing)
      else this.byConcept.set(drawing.concept, [drawing])
    }
    normalise(vectors, phrases.length)
    this.meant = this.bonds(drawings)
    this.weights = Float32Array.from(this.meant, (each) => Math.max(0, ...each.values()))
    phrases.forEach((text, place) => {
      const words = plain(text)
      if (!this.index.has(words)) this.index.set(words, place)
    })
  }

  /** The library of a bundle's three files. */
  static open(table: Uint8Array, vectors: Uint8Array<ArrayBuffer>, pixels: Uint8Array<ArrayBuffer>, decode: Decode): Library {
    const { drawings, phrases } = JSON.parse(new TextDecoder().decode(table)) as { drawings: Drawing[]; phrases: string[] }
    const { rows, data } = npy(vectors)
    if (rows !== phrases.length) throw new Error(`The library has ${phrases.length} phrases but ${rows} vectors.`)
    return new Library(drawings, phrases, data, pixels, decode)
  }

  /**
   * The concept that has exactly these words as its name or a keyword; names go first, unless nobody has drawn the thing
   * but as an icon or an outline, and no `style` asks for that.
   */
  exact(text: string, style: string | null = null): Match | null {
    const words = plain(text)
    const usual = this.index.get(PLAINEST.get(words) ?? '')
    if (usual !== undefined) return this.match(usual, PLAINEST_SCORE, style)
    const place = this.index.get(words)
    return place === undefined ? null : this.match(place, 1, style)
  }

  /** Whether there is a drawing of it in `style`, or in one that needs no calling. */
  isDrawn(concept: string, style: string | null = null): boolean {
    return (this.byConcept.get(concept) ?? []).some((each) => each.style === style || !CALLED_STYLES.has(each.style))
  }

  /** The concept nearest in meaning to a unit vector. */
  nearest(vector: Float32Array): Match | null {
    const width = vector.length
    const scores = this.phrases.map((_, row) => {
      let sum = 0
      for (let i = 0; i < width; i += 1) sum += (this.vectors[row * width + i] as number) * (vector[i] as number)
      return sum * (this.weights[row] as number)
    })
    const best = scores.map((_, row) => row).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    // As many as the engine looks at for one answer.
    for (const row of best.slice(0, 8)) {
      const match = this.match(row, (scores[row] as number) / Math.max(this.weights[row] as number, 1e-6))
      if (match) return match
    }
    return null
  }

  /** The drawing itself, cut to what is visible. */
  image(drawing: Drawing): Promise<Pixels> {
    const known = this.images.get(drawing)
    if (known) return known
    const file = this.pixels.slice(drawing.offset, drawing.offset + drawing.length)
    const made = this.decode(file).then(cropped)
    this.images.set(drawing, made)
    for (const oldest of this.images.keys()) {
      if (this.images.size <= KEPT) break
      this.images.delete(oldest)
    }
    return made
  }

  /** For each phrase the concepts that have it, with the weight of the closest bond: 1 for a name. */
  private bonds(drawings: readonly Drawing[]): Map<string, number>[] {
    const meant = this.phrases.map(() => new Map<string, number>())
    const words = this.phrases.map(plain)
    const seen = new Set<string>()
    for (const { phrases, concept } of drawings) {
      const name = phrases[0] as number
      for (const phrase of phrases) {
        // Styles repeat a concept's name and keywords, so most of these are the same.
        const key = `${phrase}/${name}/${concept}`
        if (seen.has(key)) continue
        seen.add(key)
        let weight = 1
        if (phrase !== name) {
          weight = Math.fround(KEYWORD_BASE + Math.fround(KEYWORD_SLOPE * Math.min(Math.max(this.likeness(phrase, name), 0), 1)))
          if ((words[name] as string).endsWith(` ${words[phrase]}`)) weight += HEAD_BONUS
        }
        const known = meant[phrase] as Map<string, number>
        known.set(concept, Math.max(weight, known.get(concept) ?? 0))
      }
    }
    return meant
  }

  private likeness(one: number, other: number): number {
    const width = this.vectors.length / this.phrases.length
    let sum = 0
    for (let i = 0; i < width; i += 1) sum += (this.vectors[one * width + i] as number) * (this.vectors[other * width + i] as number)
    return sum
  }

  private match(phrase: number, similarity: number, style: string | null = null): Match | null {
    const concepts = this.meant[phrase]
    if (!concepts?.size) return null
    const ranked = [...concepts].map(([concept, weight]) => {
      const rank = weight - (this.isDrawn(concept, style) ? 0 : CALLED_LOSS)
      return { concept, weight, rank, drawn: this.byConcept.get(concept)?.length ?? 0 }
    })
    // Of concepts that share a keyword as closely, the one drawn most often is the plainest.
    const best = ranked.reduce((one, other) => {
      const order = other.rank - one.rank || other.drawn - one.drawn || (other.concept > one.concept ? 1 : -1)
      return order > 0 ? other : one
    })
    return { concept: best.concept, score: similarity * best.weight }
  }
}

/** Lower case, hyphens as spaces: the form in which phrases are compared. */
function plain(words: string): string {
  return folded(words).replace(/[-_]/g, ' ').replaceAll('’', "'").split(/\s+/).filter(Boolean).join(' ')
}

/** Each of the rows at length 1. */
function normalise(vectors: Float32Array, rows: number): void {
  const width = vectors.length / rows
  for (let row = 0; row < rows; row += 1) {
    const vector = vectors.subarray(row * width, (row + 1) * width)
    const length = Math.max(Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)), 1e-6)
    for (let i = 0; i < width; i += 1) vector[i] = (vector[i] as number) / length
  }
}

/** A two-dimensional array of int8, float16 or float32 in numpy's file format (NEP 1). */
export function npy(file: Uint8Array<ArrayBuffer>): { rows: number; columns: number; data: Float32Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const isWide = (file[6] ?? 1) > 1
  const start = isWide ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true)
  const header = new TextDecoder('latin1').decode(file.subarray(isWide ? 12 : 10, start))
  const kind = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? ''
  const [, rows, columns] = (/'shape':\s*\((\d+),\s*(\d+)\)/.exec(header) ?? []).map(Number)
  const body = file.slice(start).buffer
  if (rows === undefined || columns === undefined || header.includes("'fortran_order': True")) throw new Error('The vectors are no table.')
  if (kind === '|i1') return { rows, columns, data: Float32Array.from(new Int8Array(body)) }
  if (kind === '<f4') return { rows, columns, data: new Float32Array(body) }
  if (kind === '<f2') return { rows, columns, data: Float32Array.from(new Uint16Array(body), half) }
  throw new Error(`Vectors of the kind ${kind} cannot be read.`)
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  return exponent === 31 ? (fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY) : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function cropped(picture: Pixels): Pixels {
  const { width, height, data } = picture
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if ((data[(y * width + x) * 4 + 3] as number) <= VISIBLE) continue
      left = Math.min(left, x)
      right = Math.max(right, x + 1)
      top = Math.min(top, y)
      bottom = y + 1
    }
  }
  if (right <= left || (left === 0 && top === 0 && right === width && bottom === height)) return picture
  const made = new Uint8ClampedArray((right - left) * (bottom - top) * 4)
  for (let y = top; y < bottom; y += 1) {
    made.set(data.subarray((y * width + left) * 4, (y * width + right) * 4), (y - top) * (right - left) * 4)
  }
  return { width: right - left, height: bottom - top, channels: 4, data: made }
}
