/**
 * The picture on the wall: takes frames in any size, and lets each one flow into the next on a canvas.
 * Knows nothing of who sends them; asks whether a frame is still wanted after it was decoded.
 */

import type { Frame } from '../live/frame'
import { soften } from './upsample'

const FLOW_MS = 150
const SOFT_SIDE = 192
/** Pixels of a square canvas's side; other shapes keep its area. */
const SIDE = 768

export class WallCanvas {
  private readonly paint: CanvasRenderingContext2D
  private readonly before: HTMLCanvasElement
  private readonly after: HTMLCanvasElement
  private began = 0
  private frame = 0
  private hasPicture = false

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly isStill: () => boolean,
  ) {
    this.paint = context(canvas)
    this.before = document.createElement('canvas')
    this.after = document.createElement('canvas')
    for (const each of [canvas, this.before, this.after]) each.width = each.height = SIDE
  }

  /** `aspect` is the shape that was asked for; a preview is square whatever it is, and is cut from its middle. */
  async show(frame: Frame, aspect: number, isWanted: () => boolean): Promise<boolean> {
    const source = frame.kind === 'rgb' ? small(frame) : await decoded(frame)
    if (!source || !isWanted()) return false
    this.shape(frame.kind === 'rgb' ? aspect : frame.width / frame.height)
    this.flowTo(source)
    if ('close' in source) source.close()
    return true
  }

  toBlob(type: string): Promise<Blob | null> {
    return new Promise((resolve) => this.after.toBlob(resolve, type, 0.95))
  }

  private shape(aspect: number): void {
    const width = Math.round(SIDE * Math.sqrt(aspect))
    const height = Math.round(SIDE / Math.sqrt(aspect))
    if (Math.abs(width - this.canvas.width) < 8 && Math.abs(height - this.canvas.height) < 8) return
    for (const each of [this.canvas, this.before, this.after]) {
      each.width = width
      each.height = height
    }
    this.hasPicture = false
    this.canvas.closest<HTMLElement>('.wall')?.style.setProperty('--aspect', String(width / height))
  }

  private flowTo(source: HTMLCanvasElement | ImageBitmap): void {
    const { width, height } = this.canvas
    context(this.before).drawImage(this.canvas, 0, 0)
    const next = context(this.after)
    next.imageSmoothingEnabled = true
    next.imageSmoothingQuality = 'high'
    const scale = Math.max(width / source.width, height / source.height)
    const [wide, tall] = [source.width * scale, source.height * scale]
    next.drawImage(source, (width - wide) / 2, (height - tall) / 2, wide, tall)
    this.began = performance.now()
    cancelAnimationFrame(this.frame)
    if (!this.hasPicture || this.isStill()) {
      this.paint.globalAlpha = 1
      this.paint.drawImage(this.after, 0, 0)
      this.hasPicture = true
    } else {
      this.frame = requestAnimationFrame(this.flow)
    }
  }

  private readonly flow = (): void => {
    const share = Math.min((performance.now() - this.began) / FLOW_MS, 1)
    this.paint.globalAlpha = 1
    this.paint.drawImage(this.before, 0, 0)
    this.paint.globalAlpha = share * (2 - share)
    this.paint.drawImage(this.after, 0, 0)
    if (share < 1) this.frame = requestAnimationFrame(this.flow)
  }
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext('2d')
  if (!found) throw new Error('This browser draws on no canvas.')
  return found
}

function small(frame: Frame): HTMLCanvasElement {
  const factor = Math.max(Math.round(SOFT_SIDE / Math.max(frame.width, frame.height)), 1)
  const pixels = soften(frame.payload, frame.width, frame.height, factor)
  const canvas = document.createElement('canvas')
  canvas.width = frame.width * factor
  canvas.height = frame.height * factor
  context(canvas).putImageData(new ImageData(pixels, canvas.width, canvas.height), 0, 0)
  return canvas
}

async function decoded(frame: Frame): Promise<ImageBitmap | null> {
  try {
    return await createImageBitmap(new Blob([frame.payload.slice()], { type: 'image/webp' }))
  } catch {
    return null
  }
}
