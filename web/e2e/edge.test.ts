import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, open, paint, shoot, variety } from './browser'
import { page as built, serve, type Served } from './server'

/** How far the browser's picture may be from the server's, of 255: on average, and at the worst place. */
const TOLERANCE = { mean: 1, worst: 8 }

let browser: Browser
let server: Served
const copied = join(built, 'bundle')

beforeAll(async () => {
  browser = await launch()
  server = await serve()
  // A server that does not offer its bundle to browsers yet serves it as a part of the page.
  if (!(await fetch(`${server.url}/bundle/bundle.json`)).ok) cpSync(server.bundle, copied, { recursive: true })
})
afterAll(async () => {
  await browser.close()
  await server.stop()
  rmSync(copied, { recursive: true, force: true })
})

/** A picture file's pixels, as the browser decodes them. */
function pixels(page: Page, base64: string, type: string): Promise<number[]> {
  return page.evaluate(
    async ([data, kind]) => {
      const bytes = Uint8Array.from(atob(data as string), (character) => character.charCodeAt(0))
      const image = await createImageBitmap(new Blob([bytes], { type: kind as string }))
      const canvas = new OffscreenCanvas(image.width, image.height)
      const paint = canvas.getContext('2d')
      paint?.drawImage(image, 0, 0)
      return [...(paint?.getImageData(0, 0, image.width, image.height).data ?? [])]
    },
    [base64, type],
  )
}

describe('painting in the browser', () => {
  it('paints the server’s picture, and goes on when the server is gone, even after a reload', async () => {
    const prompt = 'a red fox::2 under a starry night sky --no snow --seed 11'
    const { page } = await open(browser, { acceptDownloads: true }, server.url)
    await page.evaluate(() => {
      const settings = { where: 'edge', memory: 0, fineness: 2, seed: 5 }
      localStorage.setItem('allaprima.settings', JSON.stringify(settings))
    })
    await page.reload()
    await page.waitForSelector('[data-place=edge]')
    await paint(page, prompt, 'a red fox')
    await page.waitForSelector('.says:has-text("Finished in 4 steps")')
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('.palette >> text=WebP')])
    const ours = await pixels(page, readFileSync((await download.path()) ?? '').toString('base64'), 'image/webp')

    const theirs = await page.evaluate(async (words) => {
      const body = JSON.stringify({ prompt: words, count: 1, steps: 4, memory: 0 })
      const headers = { 'Content-Type': 'application/json' }
      let job = await (await fetch('/api/jobs', { method: 'POST', headers, body })).json()
      while (job.state === 'queued' || job.state === 'running') {
        await new Promise((resolve) => setTimeout(resolve, 300))
        job = await (await fetch(`/api/jobs/${job.id}`)).json()
      }
      const bytes = new Uint8Array(await (await fetch(job.pictures[0].url)).arrayBuffer())
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    }, prompt)
    const painted = await pixels(page, theirs, 'image/png')
    expect(ours.length).toBe(painted.length)
    const apart = ours.map((value, index) => Math.abs(value - (painted[index] ?? 0)))
    expect(apart.reduce((sum, each) => sum + each, 0) / apart.length).toBeLessThanOrEqual(TOLERANCE.mean)
    expect(apart.reduce((most, each) => Math.max(most, each), 0)).toBeLessThanOrEqual(TOLERANCE.worst)

    // The page tells its service worker what to keep; then the server really goes.
    await page.waitForFunction(async () => (await (await caches.open('allaprima-page-1')).keys()).some(({ url }) => url.endsWith('.wasm')))
    await server.stop()
    await page.reload()
    await page.waitForSelector('[data-place=edge]:has-text("away")')
    await paint(page, 'a blue bird in the snow')
    expect(await variety(page)).toBeGreaterThan(4)
    await shoot(page, 'offline')
  })
})
