/**
 * Chromium, and what several tests do in it. Everything waits for what must come to pass, never for a time: a busy
 * machine is slow and not wrong. Things are found by their roles and names, as a screen reader finds them.
 */

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Download, type Locator, type Page } from 'playwright-core'
import { inject, onTestFinished } from 'vitest'

/** Where the pages of failed tests are seen as they were then. */
const FAILED = fileURLToPath(new URL('../../out/e2e/', import.meta.url))
const PATIENCE_MS = 240_000

export const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

/** WebGPU on the processor: slow, and yet the real thing. */
export const SOFT_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan', '--use-vulkan=swiftshader']

export async function launch(withGpu = false): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    timeout: PATIENCE_MS,
    args: [
      '--no-sandbox',
      ...(withGpu ? SOFT_GPU : ['--disable-gpu']),
      '--disable-dev-shm-usage',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Opened {
  page: Page
  /** What the page threw and nobody caught. */
  mistakes: string[]
}

export interface Opening extends BrowserContextOptions {
  url?: string
  /** Done with the page before it is opened. */
  before?: (page: Page) => Promise<void>
}

/** A page of its own browser profile, opened at the studio with its line open; closed when the test is over. */
export async function open(browser: Browser, { url = inject('url'), before, ...options }: Opening = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  page.setDefaultNavigationTimeout(PATIENCE_MS)
  const mistakes: string[] = []
  page.on('pageerror', (error) => mistakes.push(error.message))
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') {
      mkdirSync(FAILED, { recursive: true })
      const name = task.name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60)
      await page.screenshot({ path: `${FAILED}${name}.png`, timeout: 60_000 }).catch(() => undefined)
      if (mistakes.length) console.error(`The page threw: ${mistakes.join('; ')}`)
    }
    await context.close()
  })
  await before?.(page)
  await page.goto(url)
  await page.waitForSelector('[data-standing=open]')
  return { page, mistakes }
}

export const words = (page: Page): Locator => page.getByRole('textbox', { name: 'What to paint' })
export const wall = (page: Page): Locator => page.getByRole('region', { name: 'The picture' }).getByRole('img')
/** Number `n` of the four, from 1. */
export const study = (page: Page, n: number): Locator => page.locator('#four').getByRole('radio').nth(n - 1)

/** What the wall shows: the request's number, the step from 0, and whether it is a picture or a preview. */
export async function shown(page: Page): Promise<{ id: number; step: number; kind: string }> {
  const [id = '0', step = '0', kind = ''] = ((await wall(page).getAttribute('data-shown')) ?? '').split('/')
  return { id: Number(id), step: Number(step), kind }
}

/**
 * Wait until the picture is finished: `after` is the number of a request that must be over, `said` are words that its
 * recipe must have. Returns the number of the request that painted it.
 */
export async function finished(page: Page, { after = 0, said = '', steps = 4 } = {}): Promise<number> {
  const handle = await page.waitForFunction(
    ({ after, said, steps }) => {
      const [id = '0', step = '0', kind] = (document.querySelector('canvas')?.dataset.shown ?? '').split('/')
      const isRight = Number(id) > after && Number(step) === steps - 1 && kind === 'webp'
      const told = document.querySelector('#progress')?.textContent ?? ''
      const says = document.querySelector('.says')?.textContent ?? ''
      return isRight && told.startsWith('Finished') && told.includes(said) && says.includes(`in ${steps} step`) ? Number(id) : 0
    },
    { after, said, steps },
  )
  return (await handle.jsonValue()) as number
}

/** Write words and wait until the picture of them is finished and on the wall; `said` is how the recipe has them. */
export async function paint(page: Page, text: string, said = text): Promise<number> {
  const { id } = await shown(page)
  await words(page).fill(text)
  return finished(page, { after: id, said })
}

/** Wait until a grid of that title is painted and kept. */
export async function kept(page: Page, title: string): Promise<void> {
  await page.waitForSelector(`#four:has(h2:has-text("${title}")):has-text("Kept in the gallery")`)
  await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('#four [role=radio] img')].every((each) => each.complete && each.naturalWidth > 0 && !('wet' in each.dataset)))
}

/** The file that doing this downloads. */
export async function downloaded(page: Page, doing: () => Promise<void>): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent('download'), doing()])
  return download
}

/** How many colours the wall has, of 4,096, looked at in some thousands of places: 1 is an even colour. */
export function variety(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas')
    const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
    const seen = new Set<number>()
    for (let i = 0; i < data.length; i += 4 * 97) {
      seen.add(((data[i] ?? 0) >> 4) * 256 + ((data[i + 1] ?? 0) >> 4) * 16 + ((data[i + 2] ?? 0) >> 4))
    }
    return seen.size
  })
}

/** The picture on the wall, without what it flows from: as long as it flows, the canvas is asked again. */
export async function pixels(page: Page): Promise<string> {
  const handle = await page.waitForFunction(() => {
    const store = globalThis as unknown as { before?: string }
    const now = document.querySelector('canvas')?.toDataURL() ?? ''
    const isStill = now === store.before
    store.before = now
    return isStill && now
  }, undefined, { polling: 250 })
  return String(await handle.jsonValue())
}

/** The picture that the server makes of a wish: a PNG's bytes in base64. */
export function painted(page: Page, wish: Record<string, unknown>): Promise<string> {
  return page.evaluate(async (wish) => {
    const body = JSON.stringify({ count: 1, ...wish })
    let job = await (await fetch('/api/jobs', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).json()
    while (job.state === 'queued' || job.state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 300))
      job = await (await fetch(`/api/jobs/${job.id}`)).json()
    }
    const bytes = new Uint8Array(await (await fetch(job.pictures[0].url)).arrayBuffer())
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  }, wish)
}

export interface Distance {
  /** Of 255, on average and at the worst place. */
  mean: number
  worst: number
  /** Decibels. */
  psnr: number
  width: number
  height: number
}

/** How far two picture files are apart, as this browser decodes them; of two sizes, as far as can be. */
export function apart(page: Page, files: { data: string; type: string }[]): Promise<Distance> {
  return page.evaluate(async (both) => {
    const [one, other] = await Promise.all(
      both.map(async ({ data, type }) => {
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0))
        const image = await createImageBitmap(new Blob([bytes], { type }))
        const paint = new OffscreenCanvas(image.width, image.height).getContext('2d')
        paint?.drawImage(image, 0, 0)
        return paint?.getImageData(0, 0, image.width, image.height)
      }),
    )
    if (!one || !other || one.width !== other.width || one.height !== other.height) return { mean: 255, worst: 255, psnr: 0, width: 0, height: 0 }
    let [sum, squares, worst] = [0, 0, 0]
    one.data.forEach((value, index) => {
      if (index % 4 === 3) return
      const distance = Math.abs(value - (other.data[index] ?? 0))
      sum += distance
      squares += distance * distance
      worst = Math.max(worst, distance)
    })
    const count = one.width * one.height * 3
    return { mean: sum / count, worst, psnr: 10 * Math.log10((255 * 255 * count) / Math.max(squares, 1e-9)), width: one.width, height: one.height }
  }, files)
}
