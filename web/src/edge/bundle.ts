/**
 * The bundle as the browser keeps it: every file checked against the manifest's sha256, then kept in the browser's
 * cache, so that painting goes on when the server is gone.
 */

export interface Manifest {
  format: number
  name: string
  licence: string
  sha256: string
  files: Record<string, string>
  latent: { shape: [number, number, number] }
  time_grids: Record<string, number[]>
  churn?: Record<string, number[]>
  guidance_scale: number
  guidance_interval: [number, number]
  preview: { matrix: number[][]; bias: number[] }
  styles: Record<string, string[]>
}

const FORMAT = 1
const CACHE = 'allaprima-bundle-1'

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

  /** A file of the bundle, from the cache or from the server; `told` hears how much came. */
  async file(name: string, told: (bytes: number) => void = () => {}): Promise<Uint8Array<ArrayBuffer>> {
    const expected = this.manifest.files[name]
    if (!expected) throw new Error(`The model has no ${name}.`)
    const url = `${this.base}/${name}?sha256=${expected}`
    const cache = await caches.open(CACHE)
    const kept = await cache.match(url)
    const answer = kept ?? (await fetch(url))
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
