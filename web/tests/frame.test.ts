import { describe, expect, it } from 'vitest'
import { HEADER_BYTES, Order, readFrame } from '../src/live/frame'

function frame(id: number, index: number, kind: number, width: number, height: number, payload: number[]): ArrayBuffer {
  const buffer = new ArrayBuffer(HEADER_BYTES + payload.length)
  const view = new DataView(buffer)
  view.setUint32(0, id, true)
  view.setUint16(4, index, true)
  view.setUint16(6, 4, true)
  view.setUint16(8, width, true)
  view.setUint16(10, height, true)
  view.setUint8(12, kind)
  new Uint8Array(buffer, HEADER_BYTES).set(payload)
  return buffer
}

describe('readFrame', () => {
  it('reads a preview', () => {
    const read = readFrame(frame(4294967295, 2, 0, 1, 2, [1, 2, 3, 4, 5, 6]))
    expect(read).toMatchObject({ id: 4294967295, index: 2, count: 4, width: 1, height: 2, kind: 'rgb' })
    expect([...read.payload]).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('reads a picture of any length', () => {
    expect(readFrame(frame(7, 3, 1, 256, 256, [82, 73])).kind).toBe('webp')
  })

  it('refuses what is no frame', () => {
    expect(() => readFrame(new ArrayBuffer(15))).toThrow(/16 bytes/)
    expect(() => readFrame(frame(1, 0, 0, 2, 2, [0]))).toThrow(/12 bytes/)
    expect(() => readFrame(frame(1, 0, 9, 1, 1, [0, 0, 0]))).toThrow(/numbered 9/)
  })
})

describe('Order', () => {
  it('lets nothing older overtake something newer', () => {
    const order = new Order()
    expect(order.advance({ id: 2, index: 1 })).toBe(true)
    expect(order.advance({ id: 2, index: 0 })).toBe(false)
    expect(order.advance({ id: 1, index: 9 })).toBe(false)
    // The picture carries the number of the step whose preview went before it.
    expect(order.advance({ id: 2, index: 1 })).toBe(true)
    expect(order.advance({ id: 3, index: 0 })).toBe(true)
    expect(order.isStale({ id: 2, index: 3 })).toBe(true)
  })
})
