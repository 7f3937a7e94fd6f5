/**
 * The collage: recalled drawings pasted where the layout puts them, and the hint that the network gets of it. The
 * engine's, pixel for pixel but for what a browser's picture decoder rounds.
 */

import { plan, settle, stands, type Box } from './layout'
import type { Drawing } from './library'
import type { Generator } from './random'
import type { Chosen } from './recall'
import { recoloured } from './recolouring'
import { over255, resized, type Pixels } from './resample'
import { laid, rounded, type Cells } from './shapes'

/** Pixels of a collage for each row and column of a latent. */
const CELL = 8
/** What lies behind the collage, the encoder's idea of nothing. */
const GREY = 128

/** Whoever has the pictures of drawings. */
export interface Pictures {
  image(drawing: Drawing): Promise<Pixels>
}

export interface Collage {
  canvas: Pixels
  things: Chosen[]
  /** For each thing, one box per time it is counted. */
  boxes: Box[][]
}

/** Plan boxes for things that have their drawing, and paste them; there must be at least one thing. */
export async function compose(
  things: Chosen[],
  library: Pictures,
  relation: string | null,
  scenery: string | null,
  rng: Generator,
  shape: Cells,
): Promise<Collage> {
  const planned = plan(things, relation, rng, scenery)
  const owners = things.flatMap(({ count }, index) => new Array<number>(count).fill(index))
  const pictures = await Promise.all(things.map(({ drawing }) => library.image(drawing)))
  const aspects = owners.map((owner) => (pictures[owner] as Pixels).width / (pictures[owner] as Pixels).height)
  const boxes = laid(settle(planned, aspects, relation, scenery), shape, stands(scenery))
  const canvas: Pixels = { width: shape.columns * CELL, height: shape.rows * CELL, channels: 4, data: new Uint8ClampedArray(shape.columns * shape.rows * CELL * CELL * 4) }
  const painted = pictures.map((picture, index) => recoloured(picture, things[index]?.colour ?? null))
  const placed = boxes.map((box, index) => ({ box, picture: painted[owners[index] as number] as Pixels }))
  // What stands lower is nearer and is pasted later. The engine goes thing by thing, as the boxes do.
  for (const { box, picture } of placed.sort((a, b) => a.box[3] - b.box[3])) paste(canvas, picture, box)
  return { canvas, things, boxes: things.map((_, index) => boxes.filter((__, place) => owners[place] === index)) }
}

/** The hint [channels + 1, rows, columns]: the latent of the collage over grey, and the cover of each cell. */
export async function hint(
  { canvas }: Collage,
  encode: (rgb: Float32Array, width: number, height: number) => Promise<Float32Array>,
): Promise<Float32Array> {
  const { width, height, data } = canvas
  const area = width * height
  const rgb = new Float32Array(3 * area)
  const [rows, columns] = [height / CELL, width / CELL]
  const cover = new Float32Array(rows * columns)
  for (let i = 0; i < area; i += 1) {
    const alpha = (data[i * 4 + 3] as number) / 255
    const cell = Math.floor(i / width / CELL) * columns + Math.floor((i % width) / CELL)
    cover[cell] = (cover[cell] as number) + alpha / (CELL * CELL)
    for (let c = 0; c < 3; c += 1) rgb[c * area + i] = ((data[i * 4 + c] as number) * alpha + GREY * (1 - alpha)) / 127.5 - 1
  }
  const latent = await encode(rgb, width, height)
  const made = new Float32Array(latent.length + cover.length)
  made.set(latent)
  made.set(cover, latent.length)
  return made
}

function paste(canvas: Pixels, picture: Pixels, box: Box): void {
  const [left, top] = [rounded(box[0] * canvas.width), rounded(box[1] * canvas.height)]
  const width = Math.max(rounded((box[2] - box[0]) * canvas.width), 2)
  const height = Math.max(rounded((box[3] - box[1]) * canvas.height), 2)
  const { data } = resized(picture, width, height)
  for (let y = Math.max(-top, 0); y < Math.min(height, canvas.height - top); y += 1) {
    for (let x = Math.max(-left, 0); x < Math.min(width, canvas.width - left); x += 1) {
      over(canvas.data, ((y + top) * canvas.width + x + left) * 4, data, (y * width + x) * 4)
    }
  }
}

/** One pixel with straight alpha over another, in whole numbers with seven bits to spare. */
function over(under: Uint8Array | Uint8ClampedArray, at: number, upper: Uint8Array | Uint8ClampedArray, from: number): void {
  const alpha = upper[from + 3] as number
  if (alpha === 0) return
  const whole = alpha * 255 + (under[at + 3] as number) * (255 - alpha)
  const share = Math.floor((alpha * 255 * 255 * 128) / whole)
  const rest = 255 * 128 - share
  for (let c = 0; c < 3; c += 1) {
    const sum = (upper[from + c] as number) * share + (under[at + c] as number) * rest + (128 << 7)
    under[at + c] = over255(sum) >> 7
  }
  under[at + 3] = over255(whole + 128)
}
