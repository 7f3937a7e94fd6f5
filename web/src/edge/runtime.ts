/**
 * The bundle's graphs in this browser: on WebGPU where there is an adapter and it is the faster, else in WebAssembly, with
 * threads where the page is isolated. Graphs are opened when they are first needed.
 */

import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web'
import type { Run, Tensor } from './painter'

export type Backend = 'webgpu' | 'wasm'

/** A graph's bytes by its name. */
export type Graphs = (graph: string) => Promise<Uint8Array<ArrayBuffer>>

interface Ort {
  InferenceSession: { create(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> }
  Tensor: new (type: 'float32' | 'int64', data: Float32Array | BigInt64Array, dims: readonly number[]) => OrtTensor
  env: { wasm: { numThreads?: number; wasmPaths?: unknown } }
}

const MOST_THREADS = 4

export const threads = (): number => (self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS) : 1)

/** The runtime with or without WebGPU: the one with it is twice as large, and fetched only where it can be of use. */
export async function openRuntime(withGpu: boolean): Promise<Ort> {
  const [ort, { default: url }] = withGpu
    ? await Promise.all([import('onnxruntime-web/webgpu'), import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url')])
    : await Promise.all([import('onnxruntime-web/wasm'), import('onnxruntime-web/ort-wasm-simd-threaded.wasm?url')])
  ort.env.wasm.numThreads = threads()
  ort.env.wasm.wasmPaths = { wasm: new URL(url, self.location.origin).href }
  return ort
}

/** Runs graphs by their names; each is opened when it is first asked for. */
export function runner(ort: Ort, backend: Backend, graphs: Graphs): Run {
  const sessions = new Map<string, Promise<InferenceSession>>()
  const open = async (graph: string): Promise<InferenceSession> =>
    ort.InferenceSession.create(await graphs(graph), { executionProviders: [backend], graphOptimizationLevel: 'all' })
  return async (graph, feeds) => {
    if (!sessions.has(graph)) sessions.set(graph, open(graph))
    let session: InferenceSession
    try {
      session = await (sessions.get(graph) as Promise<InferenceSession>)
    } catch (error) {
      sessions.delete(graph) // so that it can be tried again
      throw error
    }
    const tensor = ({ data, dims }: Tensor): OrtTensor => new ort.Tensor(data instanceof Float32Array ? 'float32' : 'int64', data, dims)
    // A graph from which an unused input was folded away does not want it fed.
    const wanted = Object.entries(feeds).filter(([name]) => session.inputNames.includes(name))
    const out = await session.run(Object.fromEntries(wanted.map(([name, each]) => [name, tensor(each)])))
    return Object.fromEntries(Object.entries(out).map(([name, each]) => [name, each.data as Float32Array]))
  }
}
