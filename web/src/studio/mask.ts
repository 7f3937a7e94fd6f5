/** What of a picture is to be painted anew: dabs, strokes and rectangles, in fractions of its sides. Pure geometry. */

export interface Point {
  x: number
  y: number
}

export interface Stroke {
  kind: 'stroke'
  points: Point[]
  /** Of the brush, in fractions of the shorter side. */
  radius: number
  /** Takes away instead. */
  erases: boolean
}

export interface Rectangle {
  kind: 'rectangle'
  from: Point
  to: Point
  erases: boolean
}

export type Mark = Stroke | Rectangle

export const clamp = (value: number): number => Math.min(Math.max(value, 0), 1)

/** A rectangle's edges in order: left, top, right, bottom. */
export function edges({ from, to }: Pick<Rectangle, 'from' | 'to'>): [number, number, number, number] {
  return [Math.min(from.x, to.x), Math.min(from.y, to.y), Math.max(from.x, to.x), Math.max(from.y, to.y)]
}

/** Draw marks, in one colour where something is to change, onto a context of this size. */
export function draw(context: CanvasRenderingContext2D, marks: readonly Mark[], width: number, height: number, colour = '#fff'): void {
  context.clearRect(0, 0, width, height)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  for (const mark of marks) {
    context.globalCompositeOperation = mark.erases ? 'destination-out' : 'source-over'
    context.fillStyle = context.strokeStyle = colour
    if (mark.kind === 'rectangle') {
      const [left, top, right, bottom] = edges(mark)
      context.fillRect(left * width, top * height, (right - left) * width, (bottom - top) * height)
      continue
    }
    const [first] = mark.points
    if (!first) continue
    context.lineWidth = mark.radius * 2 * Math.min(width, height)
    context.beginPath()
    context.moveTo(first.x * width, first.y * height)
    for (const { x, y } of mark.points) context.lineTo(x * width, y * height)
    // A line to where it is already draws the round cap alone: a dab.
    if (mark.points.length === 1) context.lineTo(first.x * width + 0.01, first.y * height)
    context.stroke()
  }
  context.globalCompositeOperation = 'source-over'
}

/** The share of a picture that is covered: the mean of the mask's alpha, 0 to 1. */
export function covered(data: Uint8ClampedArray): number {
  let sum = 0
  for (let at = 3; at < data.length; at += 4) sum += data[at] ?? 0
  return data.length ? sum / (255 * (data.length / 4)) : 0
}
