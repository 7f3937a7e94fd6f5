import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, open, paint, shoot } from './browser'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

interface Violation {
  id: string
  impact: string | null
  nodes: { html: string }[]
}

/** Every issue that axe calls serious or critical, with the element it found it at. */
async function issues(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    return (await axe.run()).violations
  })
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)
}

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }

describe('access', () => {
  it.each([
    ['light', 'wide', { colorScheme: 'light' as const }],
    ['dark', 'wide', { colorScheme: 'dark' as const }],
    ['light', 'phone', { colorScheme: 'light' as const, ...phone }],
  ])('axe finds nothing serious: %s, %s', async (scheme, width, options) => {
    const { page } = await open(browser, { reducedMotion: 'reduce', ...options })
    expect(await issues(page)).toEqual([])
    await shoot(page, `blank-${scheme}-${width}`)
    await paint(page, 'a red fox::2 under "stars" --no trees', 'a red fox')
    expect(await issues(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await shoot(page, `painted-${scheme}-${width}`)
    for (const sheet of ['Settings', 'Keys']) {
      await page.click(`[aria-label=${sheet}]`)
      await page.waitForSelector('dialog[open]')
      expect(await issues(page)).toEqual([])
      await shoot(page, `${sheet.toLowerCase()}-${scheme}-${width}`)
      await page.keyboard.press('Escape')
      await page.waitForSelector('dialog', { state: 'detached' })
    }
  })

  it('is worked by keys alone', async () => {
    const { page } = await open(browser)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('prompt')
    await page.keyboard.type('a dog')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]:has-text("Keys and words")')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached' })
    await page.keyboard.press('t')
    await page.waitForSelector('html[data-theme=light]')
    await page.keyboard.press('t')
    await page.waitForSelector('html[data-theme=dark]')
    await page.keyboard.press(']')
    expect(await page.locator('.fineness input:checked + i + span').textContent()).toBe('painting')
    await page.keyboard.press('/')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('prompt')
    expect(await page.inputValue('#prompt')).toBe('a dog')
  })
})
