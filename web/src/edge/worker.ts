/// <reference lib="webworker" />
/** The worker: the bundle's graphs in WebAssembly, away from the page's thread. The newest wish wins here, too. */

import * as ort from 'onnxruntime-web/wasm'
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
import { loaded } from '../keep-page'
import type { Wish } from '../live/brush'
import { Bundle } from './bundle'
import type { FromWorker, ToWorker } from './messages'
import { EdgePainter, type Run, type Sitting } from './painter'
import { ReadingMistake } from './reading'
import { Tokenizer } from './tokenizer'

declare const self: DedicatedWorkerGlobalScope

const GRAPHS = ['text_encoder', 'denoiser', 'decoder'] as const
const THREADS = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, 4) : 1

let painter: EdgePainter | null = null
let bundle: Bundle | null = null
let newest = 0

const say = (message: FromWorker, transfer: Transferable[] = []): void => self.postMessage(message, transfer)

const hear = ({ data }: MessageEvent<ToWorker>): void => {
  if (data.type === 'load') void load(data.base)
  else if (data.type === 'cancel') newest += 0.5
  else {
    newest = data.wish.id
    void paint(data.wish)
  }
}

// The runtime starts its threads from this same file, and their messages are its own affair.
if (!self.name.startsWith('em-pthread')) self.onmessage = hear

async function load(base: string): Promise<void> {
  try {
    ort.env.wasm.numThreads = THREADS
    ort.env.wasm.wasmPaths = { wasm: new URL(wasmUrl, self.location.origin).href }
    bundle = await Bundle.open(base)
    const sessions = new Map<string, ort.InferenceSession>()
    for (const graph of GRAPHS) {
      const name = `${graph}.onnx`
      const bytes = await bundle.file(name, (bytes) => say({ type: 'loading', name, loaded: bytes }))
      sessions.set(graph, await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' }))
    }
    const words = new TextDecoder().decode(await bundle.file('tokenizer.json'))
    painter = new EdgePainter(bundle.manifest, new Tokenizer(JSON.parse(words) as never), runner(sessions))
    const stepMs = await measure(painter)
    say({ type: 'ready', model: bundle.manifest.name, threads: THREADS, stepMs, loaded: [self.location.href, ...loaded()] })
  } catch (error) {
    say({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

function runner(sessions: Map<string, ort.InferenceSession>): Run {
  return async (graph, feeds) => {
    const session = sessions.get(graph)
    if (!session) throw new Error(`no graph is called ${graph}`)
    const tensors = Object.entries(feeds)
      // A graph from which an unused input was folded away does not want it fed.
      .filter(([name]) => session.inputNames.includes(name))
      .map(([name, { data, dims }]) => [
        name,
        data instanceof Float32Array ? new ort.Tensor('float32', data, dims) : new ort.Tensor('int64', data, dims),
      ])
    const out = await session.run(Object.fromEntries(tensors) as ort.InferenceSession.FeedsType)
    return Object.fromEntries(Object.entries(out).map(([name, tensor]) => [name, tensor.data as Float32Array]))
  }
}

/** Milliseconds of a one-step picture, the second time: the first also warms up. */
async function measure(each: EdgePainter): Promise<number> {
  let spent = 0
  for (let round = 0; round < 2; round += 1) {
    const start = performance.now()
    for await (const step of each.steps({ prompt: 'a fox', seed: 0, steps: 1, guidance: null, style: '' }, () => {})) {
      await each.decode(step.clean)
    }
    spent = performance.now() - start
  }
  return spent
}

async function paint(wish: Wish): Promise<void> {
  if (!painter || !bundle) return
  const { id } = wish
  const start = performance.now()
  let sitting: Sitting | null = null
  try {
    for await (const step of painter.steps(wish, (begun) => (sitting = begun))) {
      // Let newer wishes be heard before more is done for this one.
      await new Promise((resolve) => setTimeout(resolve))
      if (newest !== id) return
      const ms = performance.now() - start
      const [width, height] = painter.side
      const { index, count } = step
      say({ type: 'step', id, index, count, ms })
      say({ type: 'frame', frame: { id, index, count, width, height, kind: 'rgb', payload: step.preview } }, [step.preview.buffer])
      if (index + 1 < count || !sitting) continue
      const denoise = performance.now() - start
      const { pixels, side } = await painter.decode(step.clean)
      const file = await webp(pixels, side)
      if (newest !== id) return
      say({ type: 'frame', frame: { id, index, count, width: side, height: side, kind: 'webp', payload: file } }, [file.buffer])
      const total = performance.now() - start
      say({
        type: 'done', id, recipe: recipe(wish, sitting, side, bundle), timing: { denoise, decode: total - denoise, total },
        notes: notes(wish, sitting),
      })
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (!(error instanceof ReadingMistake)) console.error(error)
    say({ type: 'mistake', id, mistake: { message, position: null, suggestion: null, kind: null } })
  }
}

function recipe(wish: Wish, sitting: Sitting, side: number, { manifest }: Bundle) {
  return {
    format: 1, prompt: wish.prompt, seed: sitting.seed, steps: wish.steps, grid: [...sitting.grid], solver: 'euler',
    guidance_scale: sitting.guidance, guidance_interval: manifest.guidance_interval, memory: 0,
    size: [side, side] as [number, number], references: [], ...(sitting.style ? { style: sitting.style } : {}),
    model: { name: manifest.name, sha256: manifest.sha256, licence: manifest.licence }, backend: 'onnxruntime-web',
  }
}

function notes(wish: Wish, sitting: Sitting): string[] {
  const said = [...sitting.notes]
  if (wish.memory !== 0) said.push('Painted in this browser, by words alone: the library’s drawings are looked at on the server only.')
  return said
}

/** Lossless at quality 1. */
async function webp(pixels: Uint8ClampedArray<ArrayBuffer>, side: number): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(side, side)
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, side, side), 0, 0)
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 1 })).arrayBuffer())
}
