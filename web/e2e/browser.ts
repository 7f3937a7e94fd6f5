/** Chromium, and what several tests do in it. */

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { inject } from 'vitest'

const SHOTS = fileURLToPath(new URL('../../out/screenshots/', import.meta.url))

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A page of its own browser profile, opened at the studio, and the mistakes it makes. */
export async function open(browser: Browser, options: BrowserContextOptions = {}, url = inject('url')): Promise<{ page: Page; mistakes: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(150_000)
  const mistakes: string[] = []
  page.on('pageerror', (error) => mistakes.push(error.message))
  await page.goto(url)
  await page.waitForSelector('[data-standing=open]')
  return { page, mistakes }
}

/** Write words and wait until the picture of them is finished and on the wall; `said` is how the recipe has them. */
export async function paint(page: Page, words: string, said = words): Promise<void> {
  await page.fill('#prompt', words)
  await page.waitForSelector('.canvas canvas[data-shown$="webp"]')
  await page.waitForFunction(
    (expected) => document.querySelector('#progress')?.textContent?.includes(expected),
    said,
  )
}

/** How much the wall's picture varies: 0 is an even colour. */
export function variety(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas')
    const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
    const seen = new Set<number>()
    for (let i = 0; i < data.length; i += 4 * 997) {
      seen.add(((data[i] ?? 0) >> 4) * 256 + ((data[i + 1] ?? 0) >> 4) * 16 + ((data[i + 2] ?? 0) >> 4))
    }
    return seen.size
  })
}

/** A picture for the documentation: out/screenshots/NAME.png. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: `${SHOTS}${name}.png` })
}
