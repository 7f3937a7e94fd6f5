import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downloaded, finished, launch, open, paint, pixels, variety, words } from './browser'
import { serve, type Served } from './server'

/** How far the browser's picture may be from the server's, of 255: on average, and at the worst place. */
const TOLERANCE = { mean: 1, worst: 8 }

let browser: Browser
let server: Served

beforeAll(async () => {
  browser = await launch()
  server = await serve()
})
afterAll(async () => {
  await browser.close()
  await server.stop()
})

/** How far two picture files are apart, of 255, as this browser decodes them. */
function apart(page: Page, files: { data: string; type: string }[]): Promise<{ mean: number; worst: number; bytes: number }> {
  return page.evaluate(async (both) => {
    const [one, other] = await Promise.all(
      both.map(async ({ data, type }) => {
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0))
        const image = await createImageBitmap(new Blob([bytes], { type }))
        const paint = new OffscreenCanvas(image.width, image.height).getContext('2d')
        paint?.drawImage(image, 0, 0)
        return paint?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray()
      }),
    )
    if (!one || !other || one.length !== other.length) return { mean: 255, worst: 255, bytes: 0 }
    let sum = 0
    let worst = 0
    one.forEach((value, index) => {
      const distance = Math.abs(value - (other[index] ?? 0))
      sum += distance
      worst = Math.max(worst, distance)
    })
    return { mean: sum / one.length, worst, bytes: one.length }
  }, files)
}

describe('painting in the browser', () => {
  it('paints the server’s picture, and goes on when the server is gone, even after a reload', async () => {
    const prompt = 'a red fox::2 under a starry night sky --no snow --seed 11'
    const { page } = await open(browser, { url: server.url })
    await page.evaluate(() => {
      const settings = { where: 'edge', memory: 0, fineness: 2, seed: 5 }
      localStorage.setItem('allaprima.settings', JSON.stringify(settings))
    })
    await page.reload()
    await page.waitForSelector('[data-place=edge]')
    await paint(page, prompt, 'a red fox')
    const download = await downloaded(page, () => page.locator('.palette').getByRole('button', { name: 'WebP' }).click())
    const ours = readFileSync((await download.path()) ?? '').toString('base64')

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
    const distance = await apart(page, [{ data: ours, type: 'image/webp' }, { data: theirs, type: 'image/png' }])
    expect(distance.bytes).toBe(256 * 256 * 4)
    expect(distance.mean).toBeLessThanOrEqual(TOLERANCE.mean)
    expect(distance.worst).toBeLessThanOrEqual(TOLERANCE.worst)

    // The page tells its service worker what to keep; then the server really goes.
    await page.waitForFunction(async () => {
      const kept = await (await caches.open('allaprima-page-1')).keys()
      return ['.wasm', '.css', '.js', '/'].every((end) => kept.some(({ url }) => new URL(url).pathname.endsWith(end)))
    })
    await server.stop()
    await page.reload()
    await page.waitForSelector('[data-place=edge]:has-text("away")')
    // The words stood there before, and are painted again by themselves.
    expect(await words(page).inputValue()).toBe(prompt)
    await finished(page, { said: 'a red fox' })
    const fox = await pixels(page)
    await paint(page, 'a blue bird in the snow')
    expect(await pixels(page)).not.toBe(fox)
    expect(await variety(page)).toBeGreaterThan(1)
  })
})
