import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../src/edge/bundle'
import { EdgePainter, type Run } from '../src/edge/painter'
import { beyondBrowser, read, stylized } from '../src/edge/reading'
import { gridFor } from '../src/edge/schedule'
import { Tokenizer } from '../src/edge/tokenizer'
import { choose, told, wantsEdge } from '../src/studio/place'
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
    expect(read('fox --chaos 3').beyond.join()).toContain('--chaos')
    expect(read('a sign that says "OPEN"').beyond.join()).toContain('letters')
    expect(read('a fox --ar 3:2 --fast --draft').beyond).toEqual([])
    expect(beyondBrowser('{red, blue} fox')).not.toEqual([])
    expect(beyondBrowser('a red fox::2 barn --no snow')).toEqual([])
  })

  it('reads a shape, and how much the look counts', () => {
    expect(read('a fox --ar 3:2')).toMatchObject({ aspect: 1.5, stylize: 100 })
    expect(read('a fox --raw').stylize).toBe(0)
    expect(read('a fox --s 400').stylize).toBe(400)
    expect(stylized([{ text: 'a fox', weight: 1 }], 550, null, (name) => `${name} style`)).toEqual([
      { text: 'a fox', weight: 0.7 },
      { text: 'gradient style', weight: 0.3 },
    ])
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
    format: 1, name: 'small', licence: 'CC0-1.0', sha256: '', files: {}, latent: { shape: [2, 2, 2] }, picture_sizes: [[16, 16]],
    time_grids: { '2': [1, 0.5, 0] }, guidance_scale: 3, guidance_interval: [0.4, 0.9],
    preview: { matrix: [[1, 0, 0], [0, 1, 0]], bias: [0, 0, 0] }, styles: { '3d': ['3d render', 'in 3d'] },
  }
  const vocab = { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, fox: 4, '3d': 5, render: 6, ',': 7 }
  const calls: { rows: number; time: number; graph: string }[] = []
  const run: Run = (graph, feeds) => {
    const texts = feeds.ids?.dims[0] ?? 0
    if (graph === 'text_encoder') return Promise.resolve({ states: new Float32Array(texts * 32 * 4).fill(1), vector: new Float32Array(texts * 2) })
    const rows = feeds.latent?.dims[0] ?? 0
    calls.push({ rows, time: (feeds.time?.data as Float32Array)[0] as number, graph })
    const mask = feeds.text_mask?.data as Float32Array
    // A row with words is 0.5 everywhere, one without -0.5.
    return Promise.resolve({ clean: Float32Array.from({ length: rows * 8 }, (_, i) => (mask[Math.floor(i / 8) * 32] ? 0.5 : -0.5)) })
  }
  const painter = new EdgePainter({ manifest, tokenizer: new Tokenizer({ model: { vocab, unk_token: '[UNK]' } }), library: null, head: null, run })
  const fox = { prompt: 'fox', seed: 1, steps: 2, guidance: null, memory: null, style: '' }

  it('walks the grid, guides within the interval only, and can be stopped', async () => {
    const cleans: number[] = []
    const sitting = await painter.prepare({ ...fox, style: '3D render' })
    expect(sitting).toMatchObject({ seed: 1, guidance: 3, style: '3d', graph: 'denoiser' })
    for await (const step of painter.steps(sitting)) {
      cleans.push(step.clean[0] as number)
      expect(step.preview).toHaveLength(12)
    }
    // At t = 1 no guidance: one row. At 0.5: -0.5 + 3 (0.5 - -0.5).
    expect(calls).toEqual([{ rows: 1, time: 1, graph: 'denoiser' }, { rows: 2, time: 0.5, graph: 'denoiser' }])
    expect(cleans).toEqual([0.5, 2.5])
    for await (const step of painter.steps(await painter.prepare({ ...fox, guidance: 1 }))) {
      expect(step.index).toBe(0)
      break
    }
    expect(calls).toHaveLength(3)
  })

  it('has the student paint what it was taught, in one row, and the denoiser what it was not', async () => {
    const taught = { ...manifest, student: { grids: { '1': [1, 0], '2': [1, 0.4, 0] }, guidance_scale: 3 } }
    const both = new EdgePainter({ manifest: taught, tokenizer: new Tokenizer({ model: { vocab, unk_token: '[UNK]' } }), library: null, head: null, run })
    calls.length = 0
    const sitting = await both.prepare(fox)
    expect(sitting).toMatchObject({ graph: 'student', grid: [1, 0.4, 0] })
    for await (const step of both.steps(sitting)) expect(step.count).toBe(2)
    expect(calls).toEqual([{ rows: 1, time: 1, graph: 'student' }, { rows: 1, time: Math.fround(0.4), graph: 'student' }])
    for (const other of [{ steps: 3 }, { guidance: 5 }, { prompt: 'fox::2 3d' }]) {
      expect(await both.prepare({ ...fox, ...other })).toMatchObject({ graph: 'denoiser' })
    }
    await expect(both.prepare({ ...fox, steps: 'auto' })).rejects.toThrow(/how many/)
  })
})

describe('choose', () => {
  const ready = { name: 'ready', model: 'm', backend: 'wasm', threads: 2, strokeMs: 100 } as const
  const usual = { where: 'auto', standing: 'open', edge: ready, isBeyond: false, isKept: true, serverMs: 200 } as const
  it.each([
    ['the faster', usual, 'edge'],
    ['the faster', { ...usual, serverMs: 50 }, 'server'],
    ['not measured yet', { ...usual, serverMs: null }, 'server'],
    ['what only the server can do', { ...usual, isBeyond: true }, 'server'],
    ['the server is gone', { ...usual, serverMs: 50, isBeyond: true, standing: 'offline' as const }, 'edge'],
    ['nothing is fetched', { ...usual, standing: 'offline' as const, edge: { name: 'idle' as const } }, 'server'],
    ['as asked', { ...usual, where: 'edge' as const, serverMs: 50 }, 'edge'],
    ['as asked', { ...usual, where: 'server' as const, standing: 'offline' as const }, 'server'],
  ] as const)('%s', (_, circumstances, expected) => {
    expect(choose(circumstances)).toBe(expected)
  })

  it('opens the model when it is wanted, once, and fetches nothing unasked', () => {
    const idle = { ...usual, edge: { name: 'idle' as const } }
    expect(wantsEdge({ ...idle, standing: 'offline', isKept: false })).toBe(true)
    expect(wantsEdge({ ...idle, isKept: false })).toBe(false)
    expect(wantsEdge({ ...idle, serverMs: null })).toBe(false)
    expect(wantsEdge(idle)).toBe(true)
    expect(wantsEdge({ ...idle, where: 'server' })).toBe(false)
    expect(wantsEdge({ ...idle, where: 'edge', edge: { name: 'loading', megabytes: 1 } })).toBe(false)
  })

  it('says what it costs before it is fetched, and who paints', () => {
    expect(told({ name: 'idle' }, { bytes: 55e6, later: 16.3e6 })).toMatch(/55 MB .* 16 MB more/)
    expect(told({ name: 'idle' }, { bytes: 0, later: 0 })).toContain('kept')
    expect(told({ ...ready, backend: 'webgpu' }, null)).toContain('WebGPU')
  })
})
