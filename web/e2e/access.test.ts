import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PHONE, downloaded, finished, kept, launch, open, paint, study, words } from './browser'

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

const fits = (page: Page): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)

/** Escape, until the sheet is gone from the page: one that is merely closed no longer has a role, but still hears keys. */
async function closeSheet(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
}

/** What Tab leads to, by its role and name, until it is the one that is wanted. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let steps = 0; steps < 80; steps += 1) {
    await page.keyboard.press('Tab')
    const told = await page.evaluate(() => {
      const at = document.activeElement
      return (at?.getAttribute('aria-label') ?? at?.textContent ?? '').trim()
    })
    if (name.test(told)) return
  }
  throw new Error(`Tab never leads to ${name}`)
}

describe('access', () => {
  it.each([
    ['light', 'wide', {}],
    ['dark', 'wide', {}],
    ['light', 'phone', PHONE],
    ['dark', 'phone', PHONE],
  ] as const)('axe finds nothing serious: %s, %s', async (colorScheme, _, options) => {
    const { page } = await open(browser, { reducedMotion: 'reduce', colorScheme, ...options })
    expect(await issues(page)).toEqual([])
    await paint(page, 'a red fox::2 under "stars" --no trees', 'a red fox')
    await page.getByRole('button', { name: /^Keep four/ }).click()
    await kept(page, 'Four studies')
    await page.locator('#gallery').getByRole('img').first().waitFor()
    expect(await issues(page)).toEqual([])
    expect(await fits(page)).toBe(true)
    for (const name of ['Settings', 'Keys']) {
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('dialog').waitFor()
      expect(await issues(page)).toEqual([])
      expect(await fits(page)).toBe(true)
      await closeSheet(page)
    }
    await page.locator('#gallery').getByRole('img').first().click()
    await page.getByRole('dialog').getByText('256 × 256').waitFor()
    expect(await issues(page)).toEqual([])
    expect(await fits(page)).toBe(true)
  })

  it('is worked by single keys', async () => {
    const { page } = await open(browser)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('prompt')
    await page.keyboard.type('a dog')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys and words' }).waitFor()
    await closeSheet(page)
    await page.keyboard.press('t')
    await page.waitForSelector('html[data-theme=light]')
    await page.keyboard.press('t')
    await page.waitForSelector('html[data-theme=dark]')
    await page.keyboard.press(']')
    await page.getByRole('radio', { name: 'painting' }).and(page.locator(':checked')).waitFor({ state: 'attached' })
    await finished(page, { said: 'a dog', steps: 8 })
    await page.keyboard.press('/')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('prompt')
    expect(await words(page).inputValue()).toBe('a dog')
  })

  it('goes all the way by keys alone: write, keep, choose, vary, enlarge, take home', async () => {
    const { page, mistakes } = await open(browser)
    await page.keyboard.type('a green apple')
    await finished(page, { said: 'a green apple' })
    await page.keyboard.press('Enter')
    await kept(page, 'Four studies')

    await tabTo(page, /^1: a green apple/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await study(page, 3).getAttribute('aria-checked')).toBe('true')
    expect(await study(page, 3).evaluate((each) => each === document.activeElement)).toBe(true)
    await page.keyboard.press('ArrowLeft')
    expect(await study(page, 2).getAttribute('aria-checked')).toBe('true')

    await page.keyboard.press('b')
    await kept(page, 'Quite different')
    await page.keyboard.press('4')
    expect(await study(page, 4).getAttribute('aria-checked')).toBe('true')
    await page.keyboard.press('u')
    await kept(page, 'Enlarged')
    const file = await downloaded(page, () => page.keyboard.press('d'))
    expect(file.suggestedFilename()).toMatch(/^a-green-apple-\d+\.png$/)

    // The buttons are reached by Tab, and do by Enter what they do by a click.
    await tabTo(page, /^Four others/)
    await page.keyboard.press('Enter')
    await kept(page, 'Four studies')
    expect(mistakes).toEqual([])
  })
})
