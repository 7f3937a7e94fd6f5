/**
 * The bundle as the browser keeps it: every file checked against the manifest's sha256, then kept in the browser's
 * cache, so that painting goes on when the server is gone.
 */

import { hasGpu } from './gpu'

export interface Manifest {
  format: number
  name: string
  licence: string
  sha256: string
  files: Record<string, string>
  latent: { shape: [number, number, number] }
  /** Width and height; the first is the native one. */
  picture_sizes: [number, number][]
  time_grids: Record<string, number[]>
  churn?: Record<string, number[]>
  guidance_scale: number
  guidance_interval: [number, number]
  /** How long the drawings are looked at where nobody says: 0 to 1. */
  memory?: number
  preview: { matrix: number[][]; bias: number[] }
  styles: Record<string, string[]>
  student?: Student
  /** The styles that the prior sketches in. */
  prior?: { styles: string[] }
}

/** What the few-step network was taught. */
export interface Student {
  grids: Record<string, number[]>
  guidance_scale: number
}

const FORMAT = 1
const CACHE = 'allaprima-bundle-1'
/** What every picture of the page takes, as far as a bundle has it. */
const USUAL = [
  'text_encoder.onnx', 'student.onnx', 'decoder.onnx', 'encoder.onnx', 'tokenizer.json', 'library.json', 'library.bin',
  'library_vectors.npy', 'steps.json',
] as const
/** What is fetched only when something needs it: weighed parts, other step counts, another guidance. */
const DENOISER = 'denoiser.onnx'

export interface Download {
  /** Bytes to be fetched before the first picture; 0 when all of it is kept here. */
  bytes: number
  /** Bytes more for what only the denoiser paints. */
  later: number
}

export class Bundle {
  private constructor(
    readonly manifest: Manifest,
    private readonly base: string,
  ) {}

  static async open(base: string): Promise<Bundle> {
    const url = `${base}/bundle.json`
    const cache = await caches.open(CACHE)
    let answer: Response | undefined
    try {
      const fresh = await fetch(url, { cache: 'no-cache' })
      if (fresh.ok) {
        await cache.put(url, fresh.clone())
        answer = fresh
      }
    } catch {
      // Without a line, what was kept must do.
    }
    answer ??= await cache.match(url)
    if (!answer) throw new Error('The server offers no model to browsers, and none is kept here.')
    const manifest = (await answer.json()) as Manifest
    if (manifest.format > FORMAT) throw new Error('The model is of a newer format than this page: reload it.')
    return new Bundle(manifest, base)
  }

  /** The files that every picture takes; without a student that is the denoiser's, too. */
  get usual(): string[] {
    const { files, student } = this.manifest
    return [...USUAL, ...(student ? [] : [DENOISER])].filter((name) => name in files)
  }

  /** What is still to be fetched. Throws where the server cannot be asked and something is missing. */
  async download(): Promise<Download> {
    const missing = await this.missing([...new Set([...this.usual, DENOISER])])
    if (missing.length === 0) return { bytes: 0, later: 0 }
    const answer = await fetch(`${this.base}/index`)
    if (!answer.ok) throw new Error(`The model's sizes could not be asked for: ${answer.status}.`)
    const sizes = (await answer.json()) as Record<string, number>
    const sum = (names: string[]): number => names.reduce((total, name) => total + (sizes[name] ?? 0), 0)
    const usual = missing.filter((name) => this.usual.includes(name))
    // Where the model is kept, so is what runs it.
    const withGpu = await hasGpu()
    const runtimes = usual.length > 0 ? Object.keys(sizes).filter((name) => name.endsWith('.wasm') && name.includes('asyncify') === withGpu) : []
    return { bytes: sum([...usual, ...runtimes]), later: sum(missing.filter((name) => !usual.includes(name))) }
  }

  private async missing(names: string[]): Promise<string[]> {
    const cache = await caches.open(CACHE)
    const isKept = await Promise.all(names.map(async (name) => Boolean(await cache.match(this.url(name)))))
    return names.filter((_, index) => !isKept[index])
  }

  private url(name: string): string {
    return `${this.base}/${name}?sha256=${this.manifest.files[name] ?? ''}`
  }

  /** A file of the bundle, from the cache or from the server; `told` hears how much came. */
  async file(name: string, told: (bytes: number) => void = () => {}): Promise<Uint8Array<ArrayBuffer>> {
    const expected = this.manifest.files[name]
    if (!expected) throw new Error(`The model has no ${name}.`)
    const url = this.url(name)
    const cache = await caches.open(CACHE)
    const kept = await cache.match(url)
    const answer = kept ?? (await fetched(url, name))
    if (!answer.ok) throw new Error(`${name} could not be fetched: ${answer.status}.`)
    const bytes = await collect(answer, told)
    const digest = await sha256(bytes)
    if (digest !== expected) {
      await cache.delete(url)
      throw new Error(`${name} came damaged; try again.`)
    }
    if (!kept) await cache.put(url, new Response(bytes))
    return bytes
  }
}

async function fetched(url: string, name: string): Promise<Response> {
  try {
    return await fetch(url)
  } catch {
    throw new Error(`${name} is not kept in this browser, and the server is away.`)
  }
}

async function collect(answer: Response, told: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let total = 0
  const reader = answer.body?.getReader()
  if (!reader) return new Uint8Array(await answer.arrayBuffer())
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    total += value.length
    told(total)
  }
  const out = new Uint8Array(total)
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
