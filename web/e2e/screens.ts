/**
 * The pictures of the page in the docs, docs/screens/*.webp, made by the real page with the shipped model:
 * `make screenshots`. Words and seeds are fixed, so that another model's pictures are seen beside the last one's.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PHONE, finished, kept, launch, open, study, wall, words, type Opening } from './browser'

const SCREENS = fileURLToPath(new URL('../../docs/screens/', import.meta.url))
const LARGEST_BYTES = 150_000
const SEED = 11
const STEPS = 8
const KEPT = ['a red fox in the snow', 'three yellow ducks on a calm lake', 'a pixel art castle at night, starry sky']

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

async function opened(options: Opening = {}): Promise<Page> {
  const { page } = await open(browser, {
    colorScheme: 'light',
    reducedMotion: 'reduce',
    ...options,
    before: async (page) => {
      await page.addInitScript((seed) => {
        localStorage.setItem('allaprima.settings', JSON.stringify({ seed, fineness: 3, seedLocked: true }))
      }, SEED)
      await options.before?.(page)
    },
  })
  return page
}

/** Keep what is seen, or one part of the page with some air around it, as WebP as good as its size allows. */
async function shoot(page: Page, name: string, part?: Locator): Promise<void> {
  await page.mouse.move(0, 0)
  await page.evaluate(() => document.fonts.ready)
  // A picture below the edge waits to be scrolled to; here it is to be seen.
  await page.evaluate(() => document.querySelectorAll('img').forEach((image) => (image.loading = 'eager')))
  await page.waitForFunction(() => [...document.images].every((image) => image.complete && image.naturalWidth > 0))
  const box = await part?.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return { x: x - 32, y: y - 32, width: width + 64, height: height + 64 }
  })
  const png = (await page.screenshot(box ? { clip: box } : {})).toString('base64')
  const webp = await page.evaluate(
    async ({ png, largest }) => {
      const bytes = Uint8Array.from(atob(png), (character) => character.charCodeAt(0))
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const canvas = new OffscreenCanvas(image.width, image.height)
      canvas.getContext('2d')?.drawImage(image, 0, 0)
      for (let quality = 0.9; ; quality -= 0.1) {
        const file = await canvas.convertToBlob({ type: 'image/webp', quality })
        if (file.size > largest && quality > 0.2) continue
        return btoa(Array.from(new Uint8Array(await file.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''))
      }
    },
    { png, largest: LARGEST_BYTES },
  )
  const bytes = Buffer.from(webp, 'base64')
  expect(bytes.length).toBeLessThanOrEqual(LARGEST_BYTES)
  mkdirSync(SCREENS, { recursive: true })
  writeFileSync(`${SCREENS}${name}.webp`, bytes)
}

async function keepFour(page: Page, text: string): Promise<void> {
  await words(page).fill(text)
  await finished(page, { said: text, steps: STEPS })
  await page.getByRole('button', { name: /^Keep four/ }).click()
  // Those of the words before are kept already; it is these that are waited for.
  await page.waitForFunction((text) => {
    const told = [...document.querySelectorAll('#four [role=radio]')].map((each) => each.getAttribute('aria-label') ?? '')
    return told.length === 4 && told.every((each) => each.includes(text) && each.includes('seed '))
  }, text)
  await kept(page, 'Four studies')
}

it('while somebody types', async () => {
  const page = await opened()
  const text = 'a red fox in the snow under a starry night sky'
  await words(page).pressSequentially(text, { delay: 60 })
  await finished(page, { said: 'fox', steps: STEPS })
  await shoot(page, 'typing')
})

it('the four, and the gallery', async () => {
  // So high that nothing has to be scrolled to: what lies behind the page is drawn for one window.
  const page = await opened({ viewport: { width: 1280, height: 2200 } })
  for (const text of KEPT) await keepFour(page, text)
  await keepFour(page, 'a small house under a full moon, watercolor')
  await study(page, 2).click()
  await shoot(page, 'four', page.locator('#four'))
  await page.getByRole('button', { name: /^Favourite: a red fox/ }).first().click()
  await shoot(page, 'gallery', page.locator('#gallery'))
})

it('dark', async () => {
  const page = await opened({ colorScheme: 'dark' })
  await words(page).fill('a sailing boat on the ocean at sunset')
  await finished(page, { said: 'sailing boat', steps: STEPS })
  await expect(wall(page).getAttribute('aria-label')).resolves.toContain('sailing boat')
  await shoot(page, 'dark')
})

it('phone', async () => {
  const page = await opened(PHONE)
  await words(page).fill('three red apples on a wooden table')
  await finished(page, { said: 'three red apples', steps: STEPS })
  await shoot(page, 'phone')
})
