/** At which of its sizes a model paints a picture that is not square, and where things stand in it: the engine's rules. */

import { clip, type Box } from './layout'

export type Size = readonly [width: number, height: number]
export interface Cells {
  rows: number
  columns: number
}

const NATIVE = 256
const LONGEST = 512
const LEAST = 64

/** Python's round: halves go to the even neighbour. */
export function rounded(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1
  return rest < 0.5 ? below : below + 1
}

/** Width and height that a shape is given out at, as `--ar` asks for it. */
export function sides(ratio: number): Size {
  const stretch = Math.max(ratio, 1 / ratio)
  let longer = rounded((NATIVE * stretch) / 4) * 4
  let shorter = NATIVE
  if (longer > LONGEST) {
    longer = LONGEST
    shorter = Math.max(rounded(LONGEST / stretch / 4) * 4, LEAST)
  }
  return ratio >= 1 ? [longer, shorter] : [shorter, longer]
}

/** The size whose width to height comes closest to `ratio`; of two equally near the first. */
export function nearest(sizes: readonly Size[], ratio: number): Size {
  const far = ([width, height]: Size): number => Math.abs(Math.log(width / height / ratio))
  return sizes.reduce((best, size) => (far(size) < far(best) ? size : best))
}

/** Rows and columns of the latent of a picture of this size, `square` being that of the native one. */
export function cellsOf(size: Size, native: Size, square: Cells): Cells {
  return {
    rows: Math.floor((size[1] * square.rows) / native[1]),
    columns: Math.floor((size[0] * square.columns) / native[0]),
  }
}

/** Boxes planned in a square, in a picture of this shape: each as large as the shorter side makes it. */
export function laid(boxes: readonly Box[], { rows, columns }: Cells, isStanding: boolean): Box[] {
  if (rows === columns || boxes.length === 0) return [...boxes]
  if (columns > rows) return boxes.map((box) => moved(box, rows / columns))
  const share = columns / rows
  const anchor = isStanding ? Math.max(...boxes.map((box) => box[3])) : 0.5
  return boxes.map(([x0, y0, x1, y1]) => [x0, anchor + (y0 - anchor) * share, x1, anchor + (y1 - anchor) * share])
}

/** A box in fractions of a picture of `size`, in fractions of the square that the picture is the middle of. */
export function squared([x0, y0, x1, y1]: Box, [width, height]: Size): [number, number, number, number] {
  const side = Math.max(width, height)
  const left = (side - width) / 2
  const above = (side - height) / 2
  return [(left + x0 * width) / side, (above + y0 * height) / side, (left + x1 * width) / side, (above + y1 * height) / side]
}

/** A box narrowed around its middle, and kept inside if it was. */
function moved([x0, y0, x1, y1]: Box, share: number): Box {
  const half = ((x1 - x0) / 2) * share
  const middle = x0 >= 0 && x1 <= 1 ? clip((x0 + x1) / 2, half, 1 - half) : (x0 + x1) / 2
  return [middle - half, y0, middle + half, y1]
}
