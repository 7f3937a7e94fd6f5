import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, open, paint, shoot } from './browser'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

describe('keeping', () => {
  it('keeps four, and they are there after a reload: the grid, the gallery, a favourite, a search', async () => {
    const { page, mistakes } = await open(browser)
    await paint(page, 'a red apple on a green field')
    await page.press('#prompt', 'Enter')
    await page.waitForSelector('.studies:has-text("Kept in the gallery")')
    expect(await page.locator('.study img:not([data-wet])').count()).toBe(4)
    await page.waitForSelector('.card')
    const kept = await page.locator('.card').count()
    expect(kept).toBeGreaterThanOrEqual(4)

    await page.locator('.card-heart').first().click()
    await page.waitForSelector('.card-heart[aria-pressed=true]')
    await page.waitForLoadState('networkidle')

    await page.reload()
    await page.waitForSelector('.card-heart[aria-pressed=true]')
    expect(await page.locator('.card').count()).toBe(kept)
    await page.waitForSelector('.study img')
    expect(await page.inputValue('#prompt')).toBe('a red apple on a green field')
    await shoot(page, 'four')

    await page.fill('#search', 'zebra')
    await page.waitForSelector('.gallery .empty')
    await page.fill('#search', 'apple')
    await page.waitForSelector('.card')
    await page.click('text=Favourites')
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1)
    expect(mistakes).toEqual([])
  })

  it('picks one of the four, varies, enlarges and rerolls', async () => {
    const { page } = await open(browser)
    await paint(page, 'a blue house')
    await page.press('#prompt', 'Enter')
    await page.waitForSelector('.studies:has-text("Kept in the gallery")')
    const seed = Number(await page.textContent('.seed output'))
    await page.press('#prompt', 'Escape')
    await page.keyboard.press('3')
    await page.waitForSelector('.study:nth-child(3)[aria-checked=true]')
    await page.keyboard.press('p')
    await page.waitForFunction((expected) => document.querySelector('.seed output')?.textContent === expected, String((seed + 2) % 2 ** 32))

    await page.keyboard.press('v')
    await page.waitForSelector('.studies:has-text("A little different"):has-text("Kept in the gallery")')
    expect(await page.locator('.study img:not([data-wet])').count()).toBe(4)
    await page.keyboard.press('u')
    await page.waitForSelector('.studies:has-text("Enlarged"):has-text("Kept in the gallery")')
    const size = await page.locator('.study img').evaluate((image) => (image as HTMLImageElement).naturalWidth)
    expect(size).toBe(512)

    await page.keyboard.press('e')
    await page.waitForSelector('.studies:has-text("Four studies"):has-text("Kept in the gallery")')
  })

  it('downloads the picture with its recipe inside', async () => {
    const { page } = await open(browser)
    await paint(page, 'a cat')
    await page.waitForSelector('.palette .link:not(:disabled)')
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('.palette >> text=PNG')])
    expect(download.suggestedFilename()).toMatch(/^a-cat-\d+\.png$/)
    const { readFileSync } = await import('node:fs')
    const bytes = readFileSync((await download.path()) ?? '').toString('latin1')
    expect(bytes.slice(1, 4)).toBe('PNG')
    expect(bytes).toContain('iTXtallaprima')
    expect(bytes).toContain('"prompt": "a cat"'.replace(': ', ':'))
  })

  it('looks closely, and deletes', async () => {
    const { page } = await open(browser)
    await page.waitForSelector('.card')
    const before = await page.locator('.card').count()
    await page.locator('.card-picture').first().click()
    await page.waitForSelector('dialog[open] .facts')
    await shoot(page, 'viewer')
    await page.click('dialog >> text=Delete')
    await page.waitForFunction((count) => document.querySelectorAll('.card').length === count, before - 1)
  })
})
