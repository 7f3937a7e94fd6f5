import { describe, expect, it } from 'vitest'
import type { Understood } from '../src/api/understand'
import { chipsOf } from '../src/prompt/chips'
import { unitsOf } from '../src/prompt/positions'
import { DEEDS, lineageOf, titleOf } from '../src/studio/deeds'
import { portions, table } from '../src/studio/drawings'
import { covered, edges } from '../src/studio/mask'
import type { Recipe } from '../src/studio/recipe'

const read = (over: Partial<Understood>): Understood => ({
  prompt: '', spans: [], jobs: 1, text: [], images: [], parameters: [], warnings: [], hasMistake: false, ...over,
})

describe('chips', () => {
  it('tell weights by their shares, what is left out, and where each stands', () => {
    const prompt = 'fox::2 snow::1 --no trees, cars --ar 3:2'
    const chips = chipsOf(
      read({
        prompt,
        jobs: 4,
        spans: [
          { kind: 'parameter', name: 'no', start: 15, end: 19 },
          { kind: 'value', name: 'no', start: 19, end: 32 },
          { kind: 'parameter', name: 'aspect', start: 32, end: 36 },
          { kind: 'value', name: 'aspect', start: 36, end: 40 },
        ],
        text: [
          { text: 'fox', weight: 2, normalised: 0.666667 },
          { text: 'snow', weight: -1, normalised: 0.333333 },
        ],
        parameters: [
          { name: 'no', value: ['trees', 'cars'], meaning: 'Not there.', here: '', range: '', idle: false },
          { name: 'aspect', value: '3:2', meaning: 'Shape.', here: 'Near it.', range: '', idle: false },
        ],
      }),
    )
    expect(chips.map(({ kind, title, value }) => [kind, title, value])).toEqual([
      ['jobs', '4 prompts', ''],
      ['weight', 'fox', '67 %'],
      ['negative', 'snow', '33 %'],
      ['negative', 'without', 'trees'],
      ['negative', 'without', 'cars'],
      ['aspect', 'shape', '3:2'],
    ])
    const shape = chips.at(-1)
    expect(prompt.slice(shape?.start, shape?.end)).toBe('--ar 3:2')
    expect(shape?.meaning).toBe('Shape. Near it.')
  })

  it('show references with their weights, and strike out what does nothing', () => {
    const chips = chipsOf(
      read({
        images: [{ ref: `https://example.com/${'a'.repeat(60)}/fox.png`, weight: 2 }],
        parameters: [
          { name: 'cref', value: [{ ref: 'lily', weight: 1 }], meaning: 'Again.', here: '', range: '', idle: false },
          { name: 'fast', value: true, meaning: 'At once.', here: 'Pasted.', range: '', idle: true },
        ],
      }),
    )
    expect(chips[0]?.value).toMatch(/^….*fox\.png ×2$/)
    expect(chips[1]).toMatchObject({ kind: 'reference', title: 'character', value: 'lily' })
    expect(chips[2]).toMatchObject({ title: 'fast', value: '', idle: true, meaning: 'At once.' })
  })
})

it('counts code points as JavaScript counts', () => {
  const units = unitsOf('a 🦊 b')
  expect([0, 2, 3, 5, 9].map(units)).toEqual([0, 2, 4, 6, 6])
  expect([0, 3, 9].map(unitsOf('abc'))).toEqual([0, 3, 3])
})

it('tells how a picture came to be, along its first parents', () => {
  const fox: Recipe = { prompt: 'fox', seed: 1, steps: 4 }
  const varied: Recipe = { ...fox, operation: { kind: 'vary', arguments: { strength: 'subtle' } }, parents: ['a'] }
  const blend: Recipe = { ...fox, operation: { kind: 'blend', arguments: {} }, parents: ['b', 'a'], ancestry: { a: fox, b: varied } }
  expect(lineageOf(blend)).toEqual(['Painted from words', 'Varied a little', 'Blended of 2 pictures'])
  expect(lineageOf({ ...fox, given: { name: 'room.png' } })).toEqual(['Brought: room.png'])
  expect(titleOf('upscale', { side: 1024 })).toBe('Enlarged to 1024')
})

it('has each deed and each key once', () => {
  const ids = DEEDS.map(({ id }) => id)
  const keys = DEEDS.flatMap(({ key }) => key ?? [])
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(keys).size).toBe(keys.length)
})

it('measures masks', () => {
  expect(edges({ from: { x: 0.8, y: 0.1 }, to: { x: 0.2, y: 0.5 } })).toEqual([0.2, 0.1, 0.8, 0.5])
  expect(covered(Uint8ClampedArray.from([0, 0, 0, 255, 9, 9, 9, 0]))).toBe(0.5)
})

describe('drawings', () => {
  const file = (name: string, size: number): File => new File([new Uint8Array(size)], name)

  it('go in portions that a server takes, every file once and in order', () => {
    const files = [file('a', 2_000_000), file('b', 2_000_000), file('c', 9_000_000), file('d', 1)]
    expect([...portions(files)].map((each) => each.map(({ name }) => name))).toEqual([['a'], ['b'], ['c'], ['d']])
    const many = Array.from({ length: 450 }, (_, index) => file(String(index), 1))
    expect([...portions(many)].map(({ length }) => length)).toEqual([200, 200, 50])
  })

  it('are named by a table beside them', () => {
    const said = table('\uFEFFfile,name,keywords\nsub/a.png,"Dragon, red",fire;wings\r\nb.svg,hat\n\n,nothing')
    expect([...said]).toEqual([
      ['a.png', { shows: 'Dragon, red', keywords: ['fire', 'wings'] }],
      ['b.svg', { shows: 'hat', keywords: [] }],
    ])
  })
})
