/// <reference lib="webworker" />
/** The worker: the bundle's graphs away from the page's thread. The newest wish wins here, too. */

import { loaded } from '../keep-page'
import type { Wish } from '../live/brush'
import { Bundle } from './bundle'
import { decoded } from './drawings'
import { recipeOf } from './edge-recipe'
import { hasGpu } from './gpu'
import { Library } from './library'
import type { FromWorker, Ready, ToWorker } from './messages'
import { EdgePainter, type EdgeStep, type Run, type Sitting } from './painter'
import { ReadingMistake } from './reading'
import { openRuntime, runner, threads, type Backend } from './runtime'
import { Tokenizer } from './tokenizer'

declare const self: DedicatedWorkerGlobalScope

let painter: EdgePainter | null = null
let bundle: Bundle | null = null
let backend: Backend = 'wasm'
let newest = 0

const say = (message: FromWorker, transfer: Transferable[] = []): void => self.postMessage(message, transfer)

const hear = ({ data }: MessageEvent<ToWorker>): void => {
  if (data.type === 'load') void load(data.base, data.only)
  else if (data.type === 'cancel') newest += 0.5
  else {
    newest = data.wish.id
    void paint(data.wish)
  }
}

// The runtime starts its threads from this same file, and their messages are its own affair.
if (!self.name.startsWith('em-pthread')) self.onmessage = hear

async function load(base: string, only: Backend | null): Promise<void> {
  try {
    bundle = await Bundle.open(base)
    const make = await materials(bundle)
    const { chosen, ready } = await fastest(bundle, make, only)
    painter = chosen
    backend = ready.backend
    say({ type: 'ready', ...ready, loaded: [self.location.href, ...loaded()] })
  } catch (error) {
    say({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

const fetched = (from: Bundle, name: string): Promise<Uint8Array<ArrayBuffer>> =>
  from.file(name, (bytes) => say({ type: 'loading', name, loaded: bytes }))

/** Everything but the graphs, which each runtime opens for itself. */
async function materials(from: Bundle): Promise<(run: Run) => EdgePainter> {
  const { manifest, usual } = from
  const text = new TextDecoder()
  // One after the other: what is kept after each is not asked for again if the line breaks.
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const name of usual) {
    const file = await fetched(from, name)
    if (!name.endsWith('.onnx')) files.set(name, file)
  }
  const [table, vectors, pixels, head, words] = ['library.json', 'library_vectors.npy', 'library.bin', 'steps.json', 'tokenizer.json'].map((name) => files.get(name))
  if (!words) throw new Error('The model has no tokenizer.')
  const shared = {
    manifest,
    tokenizer: new Tokenizer(JSON.parse(text.decode(words)) as never),
    library: table && vectors && pixels ? Library.open(table, vectors, pixels, decoded) : null,
    head: head ? (JSON.parse(text.decode(head)) as never) : null,
  }
  return (run) => new EdgePainter({ ...shared, run })
}

/** Of the backends that this browser has, the one that comes to the first stroke soonest. */
async function fastest(from: Bundle, make: (run: Run) => EdgePainter, only: Backend | null): Promise<{ chosen: EdgePainter; ready: Ready }> {
  const withGpu = only !== 'wasm' && (await hasGpu())
  if (only === 'webgpu' && !withGpu) throw new Error('WebGPU gives no adapter here.')
  const ort = await openRuntime(withGpu)
  const backends: Backend[] = withGpu ? (only ? [only] : ['webgpu', 'wasm']) : ['wasm']
  let best: { chosen: EdgePainter; ready: Ready } | null = null
  let trouble: unknown = null
  for (const each of backends) {
    try {
      const chosen = make(runner(ort, each, (graph) => fetched(from, `${graph}.onnx`)))
      const strokeMs = await measured(chosen)
      const ready: Ready = { model: from.manifest.name, backend: each, threads: threads(), strokeMs }
      if (!best || strokeMs < best.ready.strokeMs) best = { chosen, ready }
    } catch (error) {
      trouble = error // the next one may do better
    }
  }
  if (!best) throw trouble
  return best
}

/** Milliseconds from a wish to its first stroke, the second time: the first also warms up, decoder included. */
async function measured(each: EdgePainter): Promise<number> {
  let spent = 0
  for (const prompt of ['a fox', 'a red fox']) {
    const start = performance.now()
    spent = 0
    const sitting = await each.prepare({ prompt, seed: 0, steps: 2, guidance: null, memory: null, style: '' })
    for await (const step of each.steps(sitting)) {
      spent ||= performance.now() - start
      if (step.isLast) await each.decode(step, sitting)
    }
  }
  return spent
}

async function paint(wish: Wish): Promise<void> {
  if (!painter || !bundle) return
  const { id } = wish
  const start = performance.now()
  try {
    const sitting = await painter.prepare(wish)
    const prepared = performance.now() - start
    for await (const step of painter.steps(sitting)) {
      // Let newer wishes be heard before more is done for this one.
      await new Promise((resolve) => setTimeout(resolve))
      if (newest !== id) return
      tell(step, sitting, id, performance.now() - start)
      if (!step.isLast) continue
      const denoised = performance.now() - start
      const { pixels, width, height } = await painter.decode(step, sitting)
      const payload = await webp(pixels, width, height)
      if (newest !== id) return
      const { index, count } = step
      say({ type: 'frame', frame: { id, index, count, width, height, kind: 'webp', payload } }, [payload.buffer])
      const total = performance.now() - start
      const timing = { text: prepared, denoise: denoised - prepared, decode: total - denoised, total }
      say({ type: 'done', id, recipe: recipeOf(sitting, bundle.manifest, backend), timing, notes: sitting.notes })
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (!(error instanceof ReadingMistake)) console.error(error)
    say({ type: 'mistake', id, mistake: { message, position: null, suggestion: null, kind: null } })
  }
}

function tell({ index, count, preview }: EdgeStep, { cells }: Sitting, id: number, ms: number): void {
  const { rows: height, columns: width } = cells
  say({ type: 'step', id, index, count, ms })
  say({ type: 'frame', frame: { id, index, count, width, height, kind: 'rgb', payload: preview as Uint8Array<ArrayBuffer> } }, [preview.buffer as ArrayBuffer])
}

/** Lossless at quality 1. */
async function webp(pixels: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0)
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 1 })).arrayBuffer())
}
