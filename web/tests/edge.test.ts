import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../src/edge/bundle'
import { EdgePainter, type Run } from '../src/edge/painter'
import { read } from '../src/edge/reading'
import { gridFor } from '../src/edge/schedule'
import { Tokenizer } from '../src/edge/tokenizer'
import { choose, wantsEdge } from '../src/studio/place'
import readings from './fixtures/readings.json'
import tokens from './fixtures/tokens.json'

const trimmed = (ids: Int32Array): number[] => {
  const all = [...ids]
  while (all.at(-1) === 0) all.pop()
  return all
}

describe('Tokenizer', () => {
  const small = new Tokenizer({ model: { vocab: tokens.small.vocab, unk_token: '[UNK]' }, normalizer: { type: 'BertNormalizer', lowercase: true } })
  it.each(tokens.small.cases)('gives the engine’s ids for $text', ({ text, ids }) => {
    expect(trimmed(small.encode(text))).toEqual(ids)
  })

  const shipped = new URL('../../src/allaprima/models/first-light/tokenizer.json', import.meta.url)
  it.skipIf(!existsSync(shipped))('gives the engine’s ids with the shipped vocabulary', () => {
    const tokenizer = new Tokenizer(JSON.parse(readFileSync(shipped, 'utf8')))
    for (const { text, ids } of tokens.shipped) expect([text, trimmed(tokenizer.encode(text))]).toEqual([text, ids])
  })
})

describe('read', () => {
  it.each(readings)('reads $prompt as the engine does', ({ prompt, parts, seed, style }) => {
    const reading = read(prompt)
    expect(reading.parts.map(({ text }) => text)).toEqual(parts.map(([text]) => text))
    reading.parts.forEach(({ weight }, index) => expect(weight).toBeCloseTo(parts[index]?.[1] as number, 4))
    expect(reading.seed).toBe(seed)
    expect(reading.style).toBe(style?.replaceAll('-', ' ') ?? null)
  })

  it('says what it cannot', () => {
    expect(() => read('{red, blue} fox')).toThrow(/server/)
    expect(() => read('fox --choas 3')).toThrow(/--choas/)
    expect(() => read('a::-2 b')).toThrow(/more than 0/)
    expect(read('fox --chaos 3').notes.join()).toContain('--chaos')
  })
})

describe('gridFor', () => {
  const known = { '1': [1, 0], '2': [1, 0.6, 0], '4': [1, 0.8, 0.6, 0.3, 0] }
  it('takes a known grid, or bends the nearest', () => {
    expect(gridFor(2, known)).toEqual([1, 0.6, 0])
    expect(gridFor(8, known)[4]).toBeCloseTo(0.6)
    expect(gridFor(3, known)).toHaveLength(4)
    expect(gridFor(3, known).at(-1)).toBe(0)
    expect(gridFor(3, { '1': [1, 0] })).toEqual([1, 1 - 1 / 3, 1 - 2 / 3, 0])
  })
})

describe('EdgePainter', () => {
  const manifest: Manifest = {
    format: 1, name: 'small', licence: 'CC0-1.0', sha256: '', files: {}, latent: { shape: [2, 2, 2] },
    time_grids: { '2': [1, 0.5, 0] }, guidance_scale: 3, guidance_interval: [0.4, 0.9],
    preview: { matrix: [[1, 0, 0], [0, 1, 0]], bias: [0, 0, 0] }, styles: { '3d': ['3d render', 'in 3d'] },
  }
  const vocab = { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, fox: 4, '3d': 5, render: 6, ',': 7 }
  const calls: { rows: number; time: number }[] = []
  const run: Run = (graph, feeds) => {
    if (graph === 'text_encoder') return Promise.resolve({ states: new Float32Array((feeds.ids?.dims[0] ?? 0) * 32 * 4).fill(1) })
    const rows = feeds.latent?.dims[0] ?? 0
    calls.push({ rows, time: (feeds.time?.data as Float32Array)[0] as number })
    const mask = feeds.text_mask?.data as Float32Array
    // A row with words is 0.5 everywhere, one without -0.5.
    return Promise.resolve({ clean: Float32Array.from({ length: rows * 8 }, (_, i) => (mask[Math.floor(i / 8) * 32] ? 0.5 : -0.5)) })
  }
  const painter = new EdgePainter(manifest, new Tokenizer({ model: { vocab, unk_token: '[UNK]' } }), run)

  it('walks the grid, guides within the interval only, and can be stopped', async () => {
    const cleans: number[] = []
    for await (const step of painter.steps({ prompt: 'fox', seed: 1, steps: 2, guidance: null, style: '3D render' }, (sitting) => {
      expect(sitting).toMatchObject({ seed: 1, guidance: 3, style: '3d' })
    })) {
      cleans.push(step.clean[0] as number)
      expect(step.preview).toHaveLength(12)
    }
    // At t = 1 no guidance: one row. At 0.5: -0.5 + 3 (0.5 - -0.5).
    expect(calls).toEqual([{ rows: 1, time: 1 }, { rows: 2, time: 0.5 }])
    expect(cleans).toEqual([0.5, 2.5])
    for await (const step of painter.steps({ prompt: 'fox', seed: 1, steps: 2, guidance: 1, style: '' }, () => {})) {
      expect(step.index).toBe(0)
      break
    }
    expect(calls).toHaveLength(3)
  })
})

describe('choose', () => {
  const ready = { name: 'ready', model: 'm', threads: 2, stepMs: 100 } as const
  const usual = { where: 'auto', standing: 'open', edge: ready, memory: null, serverMs: 200 } as const
  it.each([
    ['the library is on the server', usual, 'server'],
    ['words alone: the faster', { ...usual, memory: 0 }, 'edge'],
    ['words alone: the faster', { ...usual, memory: 0, serverMs: 50 }, 'server'],
    ['the server is gone', { ...usual, standing: 'offline' as const }, 'edge'],
    ['nothing is fetched', { ...usual, standing: 'offline' as const, edge: { name: 'idle' as const } }, 'server'],
    ['as asked', { ...usual, where: 'edge' as const }, 'edge'],
    ['as asked', { ...usual, where: 'server' as const, standing: 'offline' as const }, 'server'],
  ] as const)('%s', (_, circumstances, expected) => {
    expect(choose(circumstances)).toBe(expected)
  })

  it('fetches the model when it is wanted, once', () => {
    expect(wantsEdge({ where: 'auto', standing: 'offline', edge: { name: 'idle' } })).toBe(true)
    expect(wantsEdge({ where: 'auto', standing: 'open', edge: { name: 'idle' } })).toBe(false)
    expect(wantsEdge({ where: 'edge', standing: 'open', edge: { name: 'loading', megabytes: 1 } })).toBe(false)
  })
})
