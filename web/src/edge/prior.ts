/**
 * The prior: sketches of things from what they are called, for pictures that no drawing of the library may inform. The
 * engine's, by the bundle's own graph.
 */

import type { Pictures } from './collage'
import type { Drawing } from './library'
import { singular, type NounPhrase, type Said } from './phrases'
import type { Run } from './painter'
import type { Generator } from './random'
import { within, MOST_KINDS, type Chosen, type Encode } from './recall'
import { rounded } from './shapes'
import type { Pixels } from './resample'
import tables from './words.json'

/** Where a sketch comes from, in the place of a drawing's package. */
const SOURCE = 'the prior'
const GREY = 128
const [COVER, SIDE, LATENT] = [32, 128, 8]
/** Cover of a pixel below which its own colour cannot be told from the grey. */
const LEAST_COVER = 0.25
/** Cover from which a pixel counts when a sketch is cut to what it shows. */
const VISIBLE = 0.35
/** Sureness from which a sketch is of what the prior was taught, and not made up. */
const SURE = 0.95
/** Sureness below which a thing is left to the words. */
const VAGUE = 0.94
/** Styles that are so near to the surest are drawn by lot. */
const AS_SURE = 0.005
const LARGEST_ODDS = 9

export interface Sketch {
  latent: Float32Array
  /** The odds [32, 32] that a place is part of the thing, as logarithms. */
  odds: Float32Array
  /** How much of it stays when the meaning is jittered, up to 1. */
  sureness: number
}

interface Named {
  name: string
  sketch: Sketch
}

/**
 * The things that the prompt's noun phrases name, and the sketches of them: in the style asked for if the prior was taught
 * that, else in a plain one; null where it is sure of none.
 */
export async function imagined(
  said: Said,
  style: string | null,
  styles: readonly string[],
  run: Run,
  encode: Encode,
  rng: Generator,
): Promise<{ things: Chosen[]; pictures: Pictures } | null> {
  const phrases = said.phrases.slice(0, MOST_KINDS)
  if (phrases.length === 0) return null
  const names = phrases.map(called)
  const plain = tables.plain_styles.filter((each) => styles.includes(each))
  const asked = style !== null && styles.includes(style) ? style : null
  const table = await sketches(await encode(names.flat()), [...new Set([...(asked ? [asked] : []), ...plain])], styles, run)
  const best = new Map([...table].map(([each, row]) => [each, named(row, names)] as const))
  const of = (each: string): Named[] => best.get(each) as Named[]
  const sure = plain.map((each) => of(each).reduce((sum, { sketch }) => sum + sketch.sureness, 0) / phrases.length)
  const near = plain.filter((_, index) => (sure[index] as number) >= Math.max(...sure) - AS_SURE)
  const common = near[rng.integer(near.length)] as string
  const taken = phrases.flatMap((phrase, place) => {
    const own = asked === null || (of(asked)[place] as Named).sketch.sureness < SURE ? common : asked
    const each = of(own)[place] as Named
    return each.sketch.sureness >= VAGUE ? [{ ...each, phrase, style: own }] : []
  })
  if (taken.length === 0) return null
  const pictures = await drawn(taken.map(({ sketch }) => sketch), run)
  const things = taken.map(({ phrase, name, sketch, style: own }) => ({
    text: phrase.words.join(' '), start: phrase.start, count: phrase.count, colour: phrase.colour, size: phrase.size, isExact: false,
    match: { concept: `sketch:${name}`, score: sketch.sureness, phrase: name },
    drawing: { name, concept: `sketch:${name}`, style: own, licence: '', source: SOURCE, version: '', sha256: '', offset: 0, length: 0, phrases: [0] } satisfies Drawing,
  }))
  const shown = new Map(things.map(({ drawing }, index) => [drawing as Drawing, pictures[index] as Pixels]))
  return { things: within(things), pictures: { image: (drawing) => Promise.resolve(shown.get(drawing) as Pixels) } }
}

export const isSketch = ({ drawing }: Chosen): boolean => drawing.source === SOURCE

/** For each style asked for, a sketch of each meaning. */
async function sketches(vectors: readonly Float32Array[], asked: readonly string[], styles: readonly string[], run: Run): Promise<Map<string, Sketch[]>> {
  const n = vectors.length
  const width = (vectors[0] as Float32Array).length
  const vector = new Float32Array(n * asked.length * width)
  const style = new Float32Array(n * asked.length * styles.length)
  asked.forEach((name, turn) =>
    vectors.forEach((each, index) => {
      vector.set(each, (turn * n + index) * width)
      style[(turn * n + index) * styles.length + styles.indexOf(name)] = 1
    }),
  )
  const rows = n * asked.length
  const { sketch, cover, sureness } = await run('prior', { vector: { data: vector, dims: [rows, width] }, style: { data: style, dims: [rows, styles.length] } })
  if (!sketch || !cover || !sureness) throw new Error('The prior gave no sketch.')
  const size = sketch.length / rows
  const made = Array.from({ length: rows }, (_, row) => ({
    latent: sketch.slice(row * size, (row + 1) * size),
    odds: cover.slice(row * COVER * COVER, (row + 1) * COVER * COVER),
    sureness: sureness[row] as number,
  }))
  return new Map(asked.map((name, turn) => [name, made.slice(turn * n, (turn + 1) * n)]))
}

/** The sketches as drawings, cut to what is visible. */
async function drawn(all: readonly Sketch[], run: Run): Promise<Pixels[]> {
  const size = (all[0] as Sketch).latent.length
  const latent = new Float32Array(all.length * size)
  all.forEach((each, index) => latent.set(each.latent, index * size))
  const { picture } = await run('decoder', { latent: { data: latent, dims: [all.length, size / LATENT ** 2, LATENT, LATENT] } })
  if (!picture) throw new Error('The decoder gave no picture.')
  return all.map(({ odds }, index) => cutout(picture.subarray(index * 3 * SIDE * SIDE, (index + 1) * 3 * SIDE * SIDE), odds))
}

function cutout(picture: Float32Array, odds: Float32Array): Pixels {
  const area = SIDE * SIDE
  const data = new Uint8ClampedArray(area * 4)
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0]
  for (let i = 0; i < area; i += 1) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)]
    const alpha = sigmoid(between(odds, x, y))
    for (let c = 0; c < 3; c += 1) {
      const shown = ((picture[c * area + i] as number) + 1) * 127.5
      data[i * 4 + c] = rounded(GREY + (shown - GREY) / Math.max(alpha, LEAST_COVER))
    }
    data[i * 4 + 3] = rounded(alpha * 255)
    if (alpha <= VISIBLE) continue
    left = Math.min(left, x)
    right = Math.max(right, x + 1)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y + 1)
  }
  if (right <= left) return { width: SIDE, height: SIDE, channels: 4, data }
  const [width, height] = [right - left, bottom - top]
  const cut = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y += 1) {
    const from = ((y + top) * SIDE + left) * 4
    cut.set(data.subarray(from, from + width * 4), y * width * 4)
  }
  return { width, height, channels: 4, data: cut }
}

/** The odds at a pixel of the picture: odds are enlarged and not shares of a pixel, so that the cut stays sharp. */
function between(odds: Float32Array, x: number, y: number): number {
  const [column, fx] = placed(x)
  const [row, fy] = placed(y)
  const at = (r: number, c: number): number => {
    const value = odds[Math.min(Math.max(r, 0), COVER - 1) * COVER + Math.min(Math.max(c, 0), COVER - 1)] as number
    return Math.min(Math.max(value, -LARGEST_ODDS), LARGEST_ODDS)
  }
  const upper = at(row, column) * (1 - fx) + at(row, column + 1) * fx
  const lower = at(row + 1, column) * (1 - fx) + at(row + 1, column + 1) * fx
  return upper * (1 - fy) + lower * fy
}

function placed(pixel: number): [number, number] {
  const where = ((pixel + 0.5) * COVER) / SIDE - 0.5
  const first = Math.floor(where)
  return [first, where - first]
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-Math.min(Math.max(value, -30), 30)))

/** What a phrase may be called: its words, and with the adjectives before them ("hot dog"). */
function called({ words, manner }: NounPhrase): string[] {
  const ones = [...words.slice(0, -1), singular(words.at(-1) as string)]
  return manner.length > 0 ? [ones.join(' '), [...manner, ...ones].join(' ')] : [ones.join(' ')]
}

/** Of each thing's names the fullest that the prior was taught, or else its plain one, with its sketch. */
function named(row: readonly Sketch[], names: readonly string[][]): Named[] {
  let first = 0
  return names.map((each) => {
    const own = row.slice(first, first + each.length)
    first += each.length
    const best = (own.at(-1) as Sketch).sureness >= SURE ? own.length - 1 : 0
    return { name: each[best] as string, sketch: own[best] as Sketch }
  })
}
