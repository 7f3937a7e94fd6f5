import { describe, expect, it } from 'vitest'
import { soften } from '../src/parts/upsample'
import { slug } from '../src/studio/download'
import { crc32, withText } from '../src/studio/png'
import { credits, promptOf, type Recipe } from '../src/studio/recipe'

describe('soften', () => {
  it('keeps an even colour even', () => {
    const out = soften(new Uint8Array(4 * 4 * 3).fill(77), 4, 4, 8)
    expect(out.length).toBe(32 * 32 * 4)
    for (let i = 0; i < out.length; i += 4) expect([out[i], out[i + 3]]).toEqual([77, 255])
  })

  it('has no steps within a cell and rises where the picture rises', () => {
    const ramp = new Uint8Array(8 * 3)
    for (let x = 0; x < 8; x += 1) ramp.fill(x * 30, x * 3, x * 3 + 3)
    const out = soften(ramp, 8, 1, 12)
    const row = Array.from({ length: 96 }, (_, x) => out[x * 4] as number)
    const leaps = row.slice(1).map((value, x) => value - (row[x] as number))
    expect(Math.min(...leaps)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...leaps)).toBeLessThanOrEqual(4)
    // In the middle of a straight ramp a B-spline is the ramp itself.
    expect(row[48]).toBeCloseTo((3.5 + 0.5 / 12) * 30, -0.5)
  })
})

describe('withText', () => {
  const png = Uint8Array.from(
    atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
    (character) => character.charCodeAt(0),
  )

  it('puts the recipe behind the header, with a true checksum', () => {
    const out = withText(png, 'allaprima', '{"prompt":"a fox 🦊"}')
    const text = new TextDecoder().decode(out)
    expect(text).toContain('iTXtallaprima\0\0\0\0\0{"prompt":"a fox 🦊"}')
    const view = new DataView(out.buffer)
    const length = view.getUint32(33)
    expect(view.getUint32(33 + 8 + length)).toBe(crc32(out.subarray(37, 41 + length)))
    expect([...out.slice(33 + 12 + length)]).toEqual([...png.slice(33)])
  })

  it('agrees with the known checksum', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })
})

it('credits each drawing once, with the words that called for it', () => {
  const reference = { name: 'fox', style: 'noto', licence: 'Apache-2.0', source: 'noto', sha256: 'a' }
  const recipe: Recipe = {
    prompt: '', seed: 0, steps: 1,
    references: [{ ...reference, for: 'fox' }, { ...reference, for: 'vixen' }, { ...reference, sha256: 'b', for: 'den' }],
  }
  expect(credits(recipe).map((each) => each.words)).toEqual([['fox', 'vixen'], ['den']])
  expect(credits(null)).toEqual([])
})

it('makes names of prompts', () => {
  expect(slug('Ein Füchs, im "Schnee"! --ar 3:2')).toBe('ein-fuchs-im-schnee-ar-3-2')
  expect(slug('🦊')).toBe('picture')
})

it('makes the words that paint a recipe again', () => {
  const recipe: Recipe = { prompt: 'a fox, snow', seed: 1, steps: 2 }
  expect(promptOf(recipe)).toBe('a fox, snow')
  const parts: [string, number][] = [['a fox', 1.2], ['snow', 0.3], ['trees', -0.5]]
  expect(promptOf({ ...recipe, parts, style: 'pixel art', size: [384, 256] })).toBe(
    'a fox::1.2 snow::0.3 trees::-0.5 --style pixel-art --ar 3:2',
  )
})
