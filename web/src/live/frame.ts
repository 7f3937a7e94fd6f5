/**
 * One binary frame of the live protocol: a 16-byte little-endian header and its payload.
 * Knows the bytes, and nothing of sockets or of what a frame is shown on.
 */

export const HEADER_BYTES = 16

export const KIND = { rgb: 0, webp: 1 } as const

export interface Frame {
  /** The paint request that this answers; ids rise. */
  readonly id: number
  /** The step, from 0. */
  readonly index: number
  /** How many steps the request has. */
  readonly count: number
  readonly width: number
  readonly height: number
  readonly kind: 'rgb' | 'webp'
  readonly payload: Uint8Array
}

/** Read a frame. Throws a RangeError on bytes that are none. */
export function readFrame(buffer: ArrayBuffer): Frame {
  if (buffer.byteLength < HEADER_BYTES) throw new RangeError(`a frame has 16 bytes of header, not ${buffer.byteLength}`)
  const view = new DataView(buffer)
  const width = view.getUint16(8, true)
  const height = view.getUint16(10, true)
  const kind = view.getUint8(12)
  const payload = new Uint8Array(buffer, HEADER_BYTES)
  if (kind !== KIND.rgb && kind !== KIND.webp) throw new RangeError(`no kind of frame is numbered ${kind}`)
  if (kind === KIND.rgb && payload.length !== width * height * 3) {
    throw new RangeError(`${width} x ${height} RGB needs ${width * height * 3} bytes, not ${payload.length}`)
  }
  return {
    id: view.getUint32(0, true),
    index: view.getUint16(4, true),
    count: view.getUint16(6, true),
    width,
    height,
    kind: kind === KIND.rgb ? 'rgb' : 'webp',
    payload,
  }
}

/**
 * Lets a frame pass only if nothing newer was shown: ids rise, and so do the steps within one id.
 * Ask when a frame arrives and again after it was decoded, since decoding takes its own time.
 */
export class Order {
  private id = -1
  private index = -1

  isStale(frame: { id: number; index: number }): boolean {
    return frame.id < this.id || (frame.id === this.id && frame.index < this.index)
  }

  /** Take the frame's place in the order; false, and nothing done, if it comes too late. */
  advance(frame: { id: number; index: number }): boolean {
    if (this.isStale(frame)) return false
    this.id = frame.id
    this.index = frame.index
    return true
  }
}
