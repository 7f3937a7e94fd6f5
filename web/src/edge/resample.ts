/**
 * Lanczos resampling in whole numbers, bit for bit as the engine's imaging library does it: coefficients of 22 bits,
 * across first, then down, and colours weighed by their alpha. What a drawing looks like in the collage hangs on it.
 */

export interface Pixels {
  width: number
  height: number
  /** 3 (RGB) or 4 (RGBA, straight alpha). */
  channels: 3 | 4
  data: Uint8Array | Uint8ClampedArray
}

const PRECISION = 22
const SUPPORT = 3

/** The part [left, top, right, bottom] of `pixels` (all of it, unless said) at another size. */
export function resized(pixels: Pixels, width: number, height: number, part?: readonly [number, number, number, number]): Pixels {
  // The library keeps the edges of a part in single precision, which shows in a bit here and there.
  const [left, top, right, bottom] = (part ?? [0, 0, pixels.width, pixels.height]).map(Math.fround) as [number, number, number, number]
  const isWhole = left === 0 && top === 0 && right === pixels.width && bottom === pixels.height
  if (isWhole && width === pixels.width && height === pixels.height) return pixels
  let now = pixels.channels === 4 ? premultiplied(pixels) : pixels
  if (left !== 0 || right !== pixels.width || width !== pixels.width) now = across(now, width, left, right)
  if (top !== 0 || bottom !== pixels.height || height !== pixels.height) now = down(now, height, top, bottom)
  return pixels.channels === 4 ? straight(now) : now
}

/** A picture at another size, cut from the middle if its shape is another. */
export function fitted(pixels: Pixels, width: number, height: number): Pixels {
  if (pixels.width === width && pixels.height === height) return pixels
  const ratio = width / height
  const own = pixels.width / pixels.height
  const cut = own >= ratio ? [ratio * pixels.height, pixels.height] : [pixels.width, pixels.width / ratio]
  const [wide, high] = own === ratio ? [pixels.width, pixels.height] : (cut as [number, number])
  const left = (pixels.width - wide) * 0.5
  const top = (pixels.height - high) * 0.5
  return resized(pixels, width, height, [left, top, left + wide, top + high])
}

interface Kernel {
  first: number
  weights: Int32Array
}

/** For each pixel of a side of `out` the pixels that it is made of, and their shares. */
function kernels(size: number, from: number, to: number, out: number): Kernel[] {
  const scale = Math.fround(to - from) / out
  const filter = Math.max(scale, 1)
  const support = SUPPORT * filter
  return Array.from({ length: out }, (_, place) => {
    const centre = from + (place + 0.5) * scale
    const first = Math.max(Math.trunc(centre - support + 0.5), 0)
    const end = Math.min(Math.trunc(centre + support + 0.5), size)
    const shares = Array.from({ length: end - first }, (_, index) => lanczos((index + first - centre + 0.5) / filter))
    const sum = shares.reduce((total, share) => total + share, 0)
    const weights = Int32Array.from(shares, (share) => {
      const whole = (sum === 0 ? share : share / sum) * 2 ** PRECISION
      return Math.trunc(whole < 0 ? whole - 0.5 : whole + 0.5)
    })
    return { first, weights }
  })
}

function lanczos(x: number): number {
  return x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0
}

function sinc(x: number): number {
  if (x === 0) return 1
  const angle = x * Math.PI
  return Math.sin(angle) / angle
}

function across({ width, height, channels, data }: Pixels, out: number, from: number, to: number): Pixels {
  const made = new Uint8ClampedArray(out * height * channels)
  kernels(width, from, to, out).forEach(({ first, weights }, x) => {
    for (let y = 0; y < height; y += 1) {
      for (let c = 0; c < channels; c += 1) {
        let sum = 1 << (PRECISION - 1)
        for (let k = 0; k < weights.length; k += 1) sum += (data[(y * width + first + k) * channels + c] as number) * (weights[k] as number)
        made[(y * out + x) * channels + c] = sum >> PRECISION
      }
    }
  })
  return { width: out, height, channels, data: made }
}

function down({ width, height, channels, data }: Pixels, out: number, from: number, to: number): Pixels {
  const made = new Uint8ClampedArray(width * out * channels)
  const line = width * channels
  kernels(height, from, to, out).forEach(({ first, weights }, y) => {
    for (let x = 0; x < line; x += 1) {
      let sum = 1 << (PRECISION - 1)
      for (let k = 0; k < weights.length; k += 1) sum += (data[(first + k) * line + x] as number) * (weights[k] as number)
      made[y * line + x] = sum >> PRECISION
    }
  })
  return { width, height: out, channels, data: made }
}

function premultiplied({ width, height, data }: Pixels): Pixels {
  const made = new Uint8ClampedArray(data)
  for (let i = 0; i < made.length; i += 4) {
    const alpha = data[i + 3] as number
    for (let c = 0; c < 3; c += 1) made[i + c] = over255((data[i + c] as number) * alpha + 128)
  }
  return { width, height, channels: 4, data: made }
}

function straight({ width, height, data }: Pixels): Pixels {
  const made = new Uint8ClampedArray(data)
  for (let i = 0; i < made.length; i += 4) {
    const alpha = data[i + 3] as number
    if (alpha === 0 || alpha === 255) continue
    for (let c = 0; c < 3; c += 1) made[i + c] = Math.floor((255 * (data[i + c] as number)) / alpha)
  }
  return { width, height, channels: 4, data: made }
}

/** A number divided by 255, for numbers below 2^16 + 128 exactly as rounding would. */
export const over255 = (value: number): number => ((value >> 8) + value) >> 8
