/**
 * A seed's noise, number for number as numpy makes it: SeedSequence, PCG64 (XSL-RR 128/64) and the 256-strip ziggurat in
 * single precision. The same seed must begin with the same noise wherever a picture is painted. Written from the papers
 * (O'Neill, HMC-CS-2014-0905; Marsaglia and Tsang 2000) and numpy's documented streams; a test holds it to numpy's numbers.
 */

const MASK_64 = (1n << 64n) - 1n
const MASK_128 = (1n << 128n) - 1n
const MULTIPLIER = (2549297995355413924n << 64n) + 4865540595714422341n

/** The pool of a SeedSequence, stirred, as `count` 32-bit words. `entropy` holds whole numbers below 2^32. */
export function seedWords(entropy: readonly number[], count: number): Uint32Array {
  let hash = 0x43b0d7e5
  const stir = (value: number): number => {
    let mixed = (value ^ hash) >>> 0
    hash = Math.imul(hash, 0x931e8875) >>> 0
    mixed = Math.imul(mixed, hash) >>> 0
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
  const mix = (x: number, y: number): number => {
    const mixed = (Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715)) >>> 0
    return (mixed ^ (mixed >>> 16)) >>> 0
  }
  const pool = Uint32Array.from({ length: 4 }, (_, index) => stir(entropy[index] ?? 0))
  for (let from = 0; from < 4; from += 1) {
    for (let to = 0; to < 4; to += 1) {
      if (from !== to) pool[to] = mix(pool[to] as number, stir(pool[from] as number))
    }
  }
  for (const extra of entropy.slice(4)) {
    for (let to = 0; to < 4; to += 1) pool[to] = mix(pool[to] as number, stir(extra))
  }
  let out = 0x8b51f9dd
  return Uint32Array.from({ length: count }, (_, index) => {
    let word = ((pool[index % 4] as number) ^ out) >>> 0
    out = Math.imul(out, 0x58f38ded) >>> 0
    word = Math.imul(word, out) >>> 0
    return (word ^ (word >>> 16)) >>> 0
  })
}

/** The generator of a seed; further streams serve what is not the first noise. */
export class Generator {
  private state: bigint
  private readonly increment: bigint
  private spare: number | null = null

  constructor(seed: number, ...stream: number[]) {
    const words = seedWords([seed, ...stream], 8)
    const wide = (index: number): bigint => (BigInt(words[index * 2 + 1] as number) << 32n) | BigInt(words[index * 2] as number)
    const start = (wide(0) << 64n) | wide(1)
    this.increment = ((((wide(2) << 64n) | wide(3)) << 1n) | 1n) & MASK_128
    this.state = (this.increment + start) & MASK_128
    this.step()
  }

  /** 32 random bits. */
  next32(): number {
    if (this.spare !== null) {
      const kept = this.spare
      this.spare = null
      return kept
    }
    const word = this.next64()
    this.spare = Number(word >> 32n)
    return Number(word & 0xffffffffn)
  }

  /** A double in [0, 1). */
  random(): number {
    return Number(this.next64() >> 11n) / 2 ** 53
  }

  /** A double in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.random()
  }

  /** A normal number in double precision: another ziggurat than that of the noise. */
  normal(mean: number, deviation: number): number {
    return mean + deviation * this.standard()
  }

  /** A whole number in [0, below), by Lemire's method (arXiv:1805.10941); nothing is drawn when there is no choice. */
  integer(below: number): number {
    if (below <= 1) return 0
    let product = BigInt(this.next32()) * BigInt(below)
    if ((product & 0xffffffffn) < BigInt(below)) {
      const threshold = BigInt((0x100000000 - below) % below)
      while ((product & 0xffffffffn) < threshold) product = BigInt(this.next32()) * BigInt(below)
    }
    return Number(product >> 32n)
  }

  /** The numbers 0 to count - 1, shuffled; numpy draws these places by masked rejection. */
  permutation(count: number): number[] {
    const order = Array.from({ length: count }, (_, index) => index)
    for (let last = count - 1; last > 0; last -= 1) {
      const mask = 2 ** (32 - Math.clz32(last)) - 1
      let other = last + 1
      while (other > last) other = (this.next32() & mask) >>> 0
      const kept = order[last] as number
      order[last] = order[other] as number
      order[other] = kept
    }
    return order
  }

  /** Standard normal numbers in single precision: a picture's noise. */
  normals(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.singleNormal())
  }

  private next64(): bigint {
    this.step()
    const folded = (this.state >> 64n) ^ (this.state & MASK_64)
    const turn = this.state >> 122n
    return ((folded >> turn) | (folded << ((64n - turn) & 63n))) & MASK_64
  }

  private step(): void {
    this.state = (this.state * MULTIPLIER + this.increment) & MASK_128
  }

  private single(): number {
    return (this.next32() >>> 8) / 16777216
  }

  private standard(): number {
    for (;;) {
      const bits = this.next64()
      const strip = Number(bits & 0xffn)
      const isNegative = (bits & 0x100n) !== 0n
      const reach = Number((bits >> 9n) & 0xfffffffffffffn)
      const x = reach * (WIDTH_64[strip] as number) * (isNegative ? -1 : 1)
      if (reach < (INSIDE_64[strip] as number)) return x
      if (strip === 0) {
        for (;;) {
          const beyond = -Math.log1p(-this.random()) / TAIL
          const height = -Math.log1p(-this.random())
          if (height + height > beyond * beyond) return ((bits >> 17n) & 1n) !== 0n ? -(TAIL + beyond) : TAIL + beyond
        }
      }
      const upper = HEIGHT_64[strip - 1] as number
      const lower = HEIGHT_64[strip] as number
      if ((upper - lower) * this.random() + lower < Math.exp(-0.5 * x * x)) return x
    }
  }

  private singleNormal(): number {
    for (;;) {
      const bits = this.next32()
      const strip = bits & 0xff
      const isNegative = (bits & 0x100) !== 0
      const reach = bits >>> 9
      const x = Math.fround(reach * (WIDTH[strip] as number)) * (isNegative ? -1 : 1)
      if (reach < (INSIDE[strip] as number)) return x
      if (strip === 0) {
        for (;;) {
          const beyond = -Math.log1p(-this.single()) / TAIL
          const height = -Math.log1p(-this.single())
          if (height + height > beyond * beyond) return ((reach >>> 8) & 1) !== 0 ? -(TAIL + beyond) : TAIL + beyond
        }
      }
      const upper = HEIGHT[strip - 1] as number
      const lower = HEIGHT[strip] as number
      if ((upper - lower) * this.single() + lower < Math.exp(-0.5 * x * x)) return x
    }
  }
}

/** Where the tail begins, and the area of each of the 256 strips. */
const TAIL = 3.6541528853610088
const AREA = 0.00492867323399
const [WIDTH, INSIDE, HEIGHT] = strips(2 ** 23, (size) => new Float32Array(size))
const [WIDTH_64, INSIDE_64, HEIGHT_64] = strips(2 ** 52, (size) => new Float64Array(size))

function strips<T extends Float32Array | Float64Array>(scale: number, table: (size: number) => T): [T, Float64Array, T] {
  const density = (x: number): number => Math.exp(-0.5 * x * x)
  const width = table(256)
  const inside = new Float64Array(256)
  const height = table(256)
  let x = TAIL
  const base = AREA / density(TAIL)
  inside[0] = Math.trunc((TAIL / base) * scale)
  width[0] = base / scale
  height[0] = 1
  width[255] = TAIL / scale
  height[255] = density(TAIL)
  for (let strip = 254; strip >= 1; strip -= 1) {
    const next = Math.sqrt(-2 * Math.log(AREA / x + density(x)))
    inside[strip + 1] = Math.trunc((next / x) * scale)
    width[strip] = next / scale
    height[strip] = density(next)
    x = next
  }
  inside[1] = 0
  return [width, inside, height]
}
