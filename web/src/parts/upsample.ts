/**
 * Small previews made large and soft: a cubic B-spline, which has no corners and rings nowhere, so that sixteen
 * cells look like wet paint instead of tiles. Pure arithmetic on bytes.
 */

/** RGB bytes [h, w, 3] as RGBA bytes [h * factor, w * factor, 4], opaque. */
export function soften(rgb: Uint8Array, width: number, height: number, factor: number): Uint8ClampedArray<ArrayBuffer> {
  const wide = width * factor
  const tall = height * factor
  const taps = weights(factor)
  // Along the rows first, then along the columns.
  const rows = new Float32Array(height * wide * 3)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const { first, share } = at(x, factor, taps)
      for (let tap = 0; tap < 4; tap += 1) {
        const from = (y * width + clamp(first + tap, width)) * 3
        const to = (y * wide + x) * 3
        const weight = share[tap] as number
        for (let c = 0; c < 3; c += 1) (rows[to + c] as number) += weight * (rgb[from + c] as number)
      }
    }
  }
  const out = new Uint8ClampedArray(tall * wide * 4)
  for (let y = 0; y < tall; y += 1) {
    const { first, share } = at(y, factor, taps)
    const a = clamp(first, height) * wide * 3
    const b = clamp(first + 1, height) * wide * 3
    const c = clamp(first + 2, height) * wide * 3
    const d = clamp(first + 3, height) * wide * 3
    const [wa, wb, wc, wd] = share as [number, number, number, number]
    for (let x = 0; x < wide; x += 1) {
      const to = (y * wide + x) * 4
      for (let k = 0; k < 3; k += 1) {
        const i = x * 3 + k
        out[to + k] =
          wa * (rows[a + i] as number) + wb * (rows[b + i] as number) + wc * (rows[c + i] as number) + wd * (rows[d + i] as number)
      }
      out[to + 3] = 255
    }
  }
  return out
}

/** For each place within a cell, the weights of the four cells around it. They add up to 1. */
function weights(factor: number): number[][] {
  return Array.from({ length: factor }, (_, place) => {
    const offset = (place + 0.5) / factor - 0.5
    const t = offset < 0 ? offset + 1 : offset
    return [(1 - t) ** 3 / 6, (3 * t ** 3 - 6 * t ** 2 + 4) / 6, (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6, t ** 3 / 6]
  })
}

function at(place: number, factor: number, taps: number[][]): { first: number; share: number[] } {
  const cell = Math.floor(place / factor)
  const within = place % factor
  const isBefore = (within + 0.5) / factor < 0.5
  return { first: cell - (isBefore ? 2 : 1), share: taps[within] as number[] }
}

function clamp(index: number, size: number): number {
  return Math.min(Math.max(index, 0), size - 1)
}
