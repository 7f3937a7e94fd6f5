/**
 * Where things go: the layout that the training's scenes were composed with, draw for draw, so that a seed puts them
 * where the engine puts them. Coordinates are fractions of a square, x to the right, y down.
 */

import type { Generator } from './random'

export type Box = readonly [x0: number, y0: number, x1: number, y1: number]

/** Sceneries where things hover instead of standing on a ground. */
const FLOATING = new Set(['sky', 'space', 'underwater', 'plain', 'pattern'])
const USUAL_GROUND = 0.86
const GROUNDS = new Map([['island', 0.75], ['river', 0.8], ['forest', 0.9], ['city', 0.9], ['waterfall', 0.9]])
const SINGLE_SIDE = [0.45, 0.85] as const
const SIZED_SIDE = new Map([['small', [0.3, 0.43]], ['medium', [0.46, 0.62]], ['large', [0.68, 0.88]]] as const)
const MARGIN = 0.02
/** Beside others a small thing is smaller than its neighbours, and the neighbours of a large thing are. */
const SMALLER = 0.64

export const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

/** Whether things in this scenery stand on a ground. */
export const stands = (scenery: string | null): boolean => scenery !== null && !FLOATING.has(scenery)

export interface Group {
  count: number
  size: string | null
}

/** Roomy square boxes, in the order of the things; there must be at least one. */
export function plan(groups: readonly Group[], relation: string | null, rng: Generator, scenery: string | null): Box[] {
  const counts = groups.map(({ count }) => count)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const feet = stands(scenery) ? clip((GROUNDS.get(scenery ?? '') ?? USUAL_GROUND) + rng.uniform(0, 0.06), 0.55, 0.97) : null
  if (total === 1) return [single(rng, groups[0]?.size ?? null, feet)]
  const hasLarge = groups.some(({ size }) => size === 'large')
  const scales = groups.map(({ size }) => (size === 'small' || (size !== 'large' && hasLarge) ? SMALLER : 1))
  if (groups.length > 1 && relation && ['above', 'below', 'on top of'].includes(relation)) {
    return stacked(counts, scales, relation, rng, feet)
  }
  const each = counts.flatMap((count, group) => new Array<number>(count).fill(scales[group] as number))
  return groups.length === 1 || (relation === null && total > 2) ? many(each, rng, feet) : beside(each, relation, rng, feet)
}

/** The largest boxes of the given aspects (width / height) inside the planned ones. */
export function settle(boxes: readonly Box[], aspects: readonly number[], relation: string | null, scenery: string | null): Box[] {
  const gravity = stands(scenery) ? 1 : 0.5
  const fitted = boxes.map((box, index) => fit(box, aspects[index] as number, gravity))
  const [upper, lower] = fitted
  if (relation === 'on top of' && fitted.length === 2 && upper && lower) {
    const height = upper[3] - upper[1]
    const bottom = Math.max(lower[1] + 0.015, height + MARGIN)
    fitted[0] = [upper[0], bottom - height, upper[2], bottom]
  }
  return fitted
}

function single(rng: Generator, size: string | null, feet: number | null): Box {
  const [low, high] = SIZED_SIDE.get(size as 'small') ?? SINGLE_SIDE
  const side = rng.uniform(low, high)
  const sway = 0.5 * Math.max(0.9 - side, 0)
  const x = 0.5 + clip(rng.normal(0, 0.07), -sway, sway)
  const y = 0.5 + clip(rng.normal(0, 0.05), -sway, sway)
  return square(x, feet === null ? y : feet - side / 2, side)
}

/** Everything in one row; "right of" turns the row around, "next to" leaves the order to chance. */
function beside(scales: readonly number[], relation: string | null, rng: Generator, feet: number | null): Box[] {
  const isTurned = relation === 'right of' || (relation !== 'left of' && rng.random() < 0.5)
  const placed = isTurned ? [...scales].reverse() : scales
  const boxes = row(placed, rng, feet, { y: 0.5 + rng.normal(0, 0.04) })
  return isTurned ? [...boxes].reverse() : boxes
}

/** The first group over the rest ("above", "on top of") or under it ("below"). */
function stacked(counts: readonly number[], scales: readonly number[], relation: string, rng: Generator, feet: number | null): Box[] {
  const first = new Array<number>(counts[0] as number).fill(scales[0] as number)
  const rest = counts.slice(1).flatMap((count, index) => new Array<number>(count).fill(scales[index + 1] as number))
  const isBelow = relation === 'below'
  const isResting = relation === 'on top of'
  const [above, under] = isBelow ? [rest, first] : [first, rest]
  const floor = feet === null ? 0.95 + rng.uniform(-0.04, 0.02) : Math.max(feet, 0.93)
  const room = (floor - 0.03) / 2
  const drift = rng.normal(0, 0.05)
  const bottom = row(under, rng, floor, { y: 0, tallest: room * rng.uniform(0.86, 0.98), middle: 0.5 + drift })
  const topEdge = Math.min(...bottom.map((box) => box[1]))
  const slip = isResting ? 0 : rng.normal(0, 0.05)
  const resting = topEdge - (isResting ? 0 : rng.uniform(0.01, 0.04))
  const tallest = room * rng.uniform(0.8, 0.94)
  const top = row(above, rng, resting, { y: 0, tallest, middle: 0.5 + drift + slip, isLevel: true })
  return isBelow ? [...bottom, ...top] : [...top, ...bottom]
}

/** A row, or two ranks (triangle, two by two) which leave each thing more room. */
function many(scales: readonly number[], rng: Generator, feet: number | null): Box[] {
  const total = scales.length
  if (total === 2 || total > 4 || rng.random() < (feet !== null && total < 4 ? 0.4 : 0.2)) {
    return row(scales, rng, feet, { y: 0.5 + rng.normal(0, 0.05) })
  }
  const split = total !== 3 || rng.random() < 0.5 ? Math.floor(total / 2) : 2
  const floor = feet === null ? 0.95 : Math.max(feet, 0.93)
  const room = ((floor - 0.03) / 2) * rng.uniform(0.86, 0.98)
  const back = row(scales.slice(0, split), rng, floor - room - 0.02, { y: 0, tallest: room, isLevel: true })
  const front = row(scales.slice(split), rng, floor, { y: 0, tallest: room, isLevel: true })
  return [...back, ...front]
}

interface RowOptions {
  y: number
  tallest?: number
  middle?: number
  isLevel?: boolean
}

/** Boxes from left to right, standing on `feet` or centred on `y`, with gaps that keep them clear of each other. */
function row(scales: readonly number[], rng: Generator, feet: number | null, { y, tallest = 0.5, middle = 0.5, isLevel = false }: RowOptions): Box[] {
  const n = scales.length
  const cell = 0.96 / n
  const widest = Math.min(cell * rng.uniform(0.84, 0.97), tallest)
  // A short row gathers around its middle instead of spreading to the edges.
  const step = n > 1 && rng.random() < 0.5 ? cell : Math.min(cell, widest * 1.08)
  const reach = (step * (n - 1)) / 2 + widest / 2
  const centre = clip(middle, Math.min(reach + MARGIN, 0.5), Math.max(1 - reach - MARGIN, 0.5))
  return scales.map((scale, place) => {
    const side = widest * scale * rng.uniform(0.92, 1)
    const slack = Math.max(step - side, 0) / 2
    const x = centre + (place - (n - 1) / 2) * step + rng.uniform(-0.5, 0.5) * slack
    const bob = isLevel ? 0 : rng.uniform(-0.02, 0.02)
    return square(x, feet === null ? y + 2 * bob : feet + bob - side / 2, side)
  })
}

/** A square box around (x, y), moved inside the picture. */
function square(x: number, y: number, wanted: number): Box {
  const side = Math.min(wanted, 1 - 2 * MARGIN)
  const half = side / 2
  const across = clip(x, half + MARGIN, 1 - half - MARGIN)
  const down = clip(y, half + MARGIN, 1 - half - MARGIN)
  return [across - half, down - half, across + half, down + half]
}

/** The largest box of this aspect inside `box`, pulled down by gravity (0.5 centred, 1 at the bottom). */
function fit(box: Box, aspect: number, gravity: number): Box {
  const width = box[2] - box[0]
  const height = box[3] - box[1]
  const [w, h] = aspect >= width / height ? [width, width / aspect] : [height * aspect, height]
  const x = (box[0] + box[2] - w) / 2
  const y = box[1] + (height - h) * gravity
  return [x, y, x + w, y + h]
}
