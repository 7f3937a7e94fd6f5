/**
 * The shipped model in this browser with the line cut: it paints what the server paints of the same words, seed and shape.
 * How near and how fast is printed; docs/web.md and docs/LOG.md keep what was seen.
 */

import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apart, downloaded, finished, launch, open, paint, painted, words } from './browser'
import { SHIPPED, serve, type Served } from './server'

/**
 * What is asked of each picture: of 255 on average, and decibels. The graphs reckon in whole numbers, and two runtimes round
 * them differently; all that comes before them is the same to the bit (tests/parity.test.ts).
 */
const TOLERANCE = { mean: 2.5, psnr: 36 }
const PROMPTS = [
  { prompt: 'a red fox next to a barn at night --seed 7', said: 'a red fox', size: [256, 256] },
  { prompt: 'a misty mountain lake at sunset --seed 5', said: 'a misty', size: [256, 256] },
  { prompt: 'a yellow bird above a blue boat on a calm sea --ar 3:2 --seed 11', said: 'a yellow bird', size: [384, 256] },
] as const

let browser: Browser
let server: Served

beforeAll(async () => {
  browser = await launch()
  server = await serve(SHIPPED)
})
afterAll(async () => {
  await browser.close()
  await server.stop()
})

const settings = (page: Page, values: Record<string, unknown>): Promise<void> =>
  page.evaluate((set) => localStorage.setItem('allaprima.settings', JSON.stringify(set)), values)

async function wallFile(page: Page): Promise<string> {
  const download = await downloaded(page, () => page.locator('.palette').getByRole('button', { name: 'WebP' }).click())
  return readFileSync((await download.path()) ?? '').toString('base64')
}

describe('the shipped model in the browser', () => {
  it('paints the server’s default pictures with the line cut, and says what it costs and who painted', async () => {
    const { page, mistakes } = await open(browser, { url: server.url })
    await page.getByRole('button', { name: 'Settings' }).click()
    const cost = await page.getByText(/To paint in this browser, .* \d+ MB are fetched once, \d+ MB more/).textContent()
    console.log(cost)
    const theirs = new Map<string, string>()
    for (const { prompt } of PROMPTS) theirs.set(prompt, await painted(page, { prompt, steps: 4 }))

    await page.getByRole('radio', { name: 'In this browser' }).check({ force: true })
    await page.waitForSelector('[data-place=edge]')
    console.log(await page.getByText(/This browser paints with/).textContent())
    await page.keyboard.press('Escape')
    await paint(page, 'a cat', 'a cat')
    await page.getByText(/Finished in 4 steps, \d+ ms, in this browser/).waitFor()
    await page.waitForFunction(async () => {
      const kept = await (await caches.open('allaprima-page-1')).keys()
      return ['.wasm', '.css', '.js', '/'].every((end) => kept.some(({ url }) => new URL(url).pathname.endsWith(end)))
    })

    await server.stop()
    await page.reload()
    await page.waitForSelector('[data-place=edge]:has-text("away")')
    await finished(page, { said: 'a cat' })
    for (const { prompt, said, size } of PROMPTS) {
      await paint(page, prompt, said)
      const took = await page.locator('.says').textContent()
      const distance = await apart(page, [{ data: await wallFile(page), type: 'image/webp' }, { data: theirs.get(prompt) ?? '', type: 'image/png' }])
      console.log(`${prompt}: mean ${distance.mean.toFixed(2)}, worst ${distance.worst}, ${distance.psnr.toFixed(1)} dB; ${took}`)
      expect(distance).toMatchObject({ width: size[0], height: size[1] })
      expect(distance.mean).toBeLessThanOrEqual(TOLERANCE.mean)
      expect(distance.psnr).toBeGreaterThanOrEqual(TOLERANCE.psnr)
    }

    // What it cannot do it says: what was never fetched, and what only the server can.
    await words(page).fill('a cat::2 a hat')
    await page.getByText(/denoiser.onnx is not kept in this browser/).waitFor()
    await paint(page, 'a cat --tile', 'a cat')
    await page.getByText(/Not done in the browser, so without effect: --tile/).waitFor()

    // As many steps as the words need, told by the model itself. One that needs eight would need the denoiser.
    await settings(page, { where: 'edge', fineness: 6, seed: 5 })
    await page.reload()
    await words(page).fill('a misty mountain lake at sunset')
    await page.getByText(/Finished in \d steps?, \d+ ms, in this browser|denoiser.onnx is not kept/).waitFor()
    expect(mistakes).toEqual([])
  })
})
