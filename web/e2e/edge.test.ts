import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { apart, downloaded, finished, launch, open, paint, painted, pixels, variety, words } from './browser'
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

    const theirs = await painted(page, { prompt, steps: 4, memory: 0 })
    const distance = await apart(page, [{ data: ours, type: 'image/webp' }, { data: theirs, type: 'image/png' }])
    expect(distance).toMatchObject({ width: 256, height: 256 })
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

  // A graphics processor that is played by the processor comes to a stand on some machines, so this one is asked for.
  it.runIf(process.env.ALLAPRIMA_E2E_WEBGPU)('paints the same on WebGPU', async ({ skip }) => {
    const own = await launch(true)
    onTestFinished(() => own.close())
    const served = await serve()
    onTestFinished(() => served.stop())
    const { page } = await open(own, { url: `${served.url}/?edge=webgpu` })
    page.setDefaultTimeout(800_000) // a processor that plays the graphics processor is slow, more so beside others
    const hasAdapter = await page.evaluate(async () => Boolean(await (navigator as { gpu?: { requestAdapter(): Promise<unknown> } }).gpu?.requestAdapter()))
    if (!hasAdapter) skip('This Chromium has no adapter, not even a slow one.')
    await page.evaluate(() => localStorage.setItem('allaprima.settings', JSON.stringify({ where: 'edge', fineness: 2, seed: 5 })))
    await page.reload()
    await page.waitForSelector('[data-place=edge]')
    const prompt = 'a red fox under a starry night sky --seed 11'
    await paint(page, prompt, 'a red fox')
    const download = await downloaded(page, () => page.locator('.palette').getByRole('button', { name: 'WebP' }).click())
    const ours = readFileSync((await download.path()) ?? '').toString('base64')
    const distance = await apart(page, [{ data: ours, type: 'image/webp' }, { data: await painted(page, { prompt, steps: 4 }), type: 'image/png' }])
    console.log(`WebGPU: mean ${distance.mean.toFixed(2)}, worst ${distance.worst}, ${distance.psnr.toFixed(1)} dB`)
    expect(distance.mean).toBeLessThanOrEqual(TOLERANCE.mean)
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByText(/This browser paints with WebGPU/).waitFor()
  })
})
