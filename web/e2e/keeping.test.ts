import { readFileSync } from 'node:fs'
import type { Browser, Download, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downloaded, finished, kept, launch, open, paint, study, words } from './browser'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const seedOnTheEasel = (page: Page): Promise<string | null> => page.getByRole('status', { name: 'Seed' }).textContent()

/** Paint these words and keep four of them. */
async function keepFour(page: Page, text: string): Promise<void> {
  await paint(page, text)
  await words(page).press('Enter')
  await kept(page, 'Four studies')
}

/** The seeds of the four, as they are told to a screen reader. */
async function seeds(page: Page): Promise<string[]> {
  const names = await page.locator('#four').getByRole('radio').evaluateAll((all) => all.map((each) => each.getAttribute('aria-label') ?? ''))
  return names.map((name) => /seed (\d+)$/.exec(name)?.[1] ?? name)
}

/** What can be done with number `n` of the four. */
const deedsOf = (page: Page, n: number): Locator => page.locator('#four .operations').and(page.getByLabel(`What to do with number ${n}`))

const bytesOf = async (download: Download): Promise<Buffer> => readFileSync((await download.path()) ?? '')

describe('keeping', () => {
  it('keeps four, and they are there after a reload: the grid, the gallery, a favourite, a search', async () => {
    const { page, mistakes } = await open(browser)
    await keepFour(page, 'a red apple on a green field')
    expect(await page.locator('#four').getByRole('radio').count()).toBe(4)
    expect(new Set(await seeds(page)).size).toBe(4)
    const hung = page.locator('#gallery').getByRole('img', { name: 'a red apple on a green field' })
    await expect.poll(() => hung.count(), { timeout: 240_000 }).toBe(4)
    const before = await seeds(page)

    const told = page.waitForResponse((answer) => answer.url().includes('/api/gallery/') && answer.request().method() !== 'GET')
    await page.getByRole('button', { name: 'Favourite: a red apple on a green field' }).first().click()
    expect((await told).ok()).toBe(true)

    await page.reload()
    await kept(page, 'Four studies')
    expect(await seeds(page)).toEqual(before)
    await expect.poll(() => hung.count(), { timeout: 240_000 }).toBe(4)
    expect(await words(page).inputValue()).toBe('a red apple on a green field')
    const loved = page.getByRole('button', { name: 'Favourite: a red apple', pressed: true })
    await loved.waitFor()

    const search = page.getByRole('searchbox', { name: 'Search the gallery' })
    await search.fill('zebra')
    await page.getByText('Nothing kept matches that.').waitFor()
    await search.fill('apple')
    await expect.poll(() => hung.count(), { timeout: 240_000 }).toBe(4)
    await page.getByRole('button', { name: 'Favourites', exact: true }).click()
    await expect.poll(() => hung.count(), { timeout: 240_000 }).toBe(1)
    expect(mistakes).toEqual([])
  })

  it('takes up one of the four, varies it a little and a lot, enlarges it, and paints four others', async () => {
    const { page, mistakes } = await open(browser)
    await keepFour(page, 'a blue house')
    const four = await seeds(page)
    expect(await seedOnTheEasel(page)).toBe(four[0])
    await study(page, 3).click()
    const deeds = deedsOf(page, 3)
    await deeds.getByRole('button', { name: 'Take it up' }).click()
    await page.waitForFunction((seed) => document.querySelector('.seed output')?.textContent === seed, four[2])
    await finished(page, { said: 'a blue house' })

    await deeds.getByRole('button', { name: 'Vary a little' }).click()
    await kept(page, 'A little different')
    expect(await page.locator('#four').getByRole('radio').count()).toBe(4)
    await deedsOf(page, 1).getByRole('button', { name: 'Vary a lot' }).click()
    await kept(page, 'Quite different')
    expect(await page.locator('#four').getByRole('radio').count()).toBe(4)
    await deedsOf(page, 1).getByRole('button', { name: /^Enlarge/ }).click()
    await kept(page, 'Enlarged')
    const size = await study(page, 1).locator('img').evaluate((image) => [(image as HTMLImageElement).naturalWidth, (image as HTMLImageElement).naturalHeight])
    expect(size).toEqual([512, 512])

    await page.getByRole('button', { name: 'Four others' }).click()
    await kept(page, 'Four studies')
    expect((await seeds(page)).some((seed) => four.includes(seed))).toBe(false)
    expect(mistakes).toEqual([])
  })

  it('downloads the wall’s picture with its recipe inside', async () => {
    const { page } = await open(browser)
    await paint(page, 'a cat')
    const palette = page.locator('.palette')
    const png = await downloaded(page, () => palette.getByRole('button', { name: 'PNG' }).click())
    expect(png.suggestedFilename()).toMatch(/^a-cat-\d+\.png$/)
    const bytes = (await bytesOf(png)).toString('latin1')
    expect(bytes.slice(1, 4)).toBe('PNG')
    expect(bytes).toContain('iTXtallaprima')
    expect(bytes).toMatch(/"prompt": ?"a cat"/)
    const webp = await downloaded(page, () => palette.getByRole('button', { name: 'WebP' }).click())
    expect((await bytesOf(webp)).subarray(8, 12).toString()).toBe('WEBP')
  })

  it('downloads one of the four as PNG, WebP and SVG', async () => {
    const { page, mistakes } = await open(browser)
    await keepFour(page, 'a red apple, flat')
    await study(page, 2).click()
    const deeds = deedsOf(page, 2)
    const save = async (name: RegExp): Promise<string> => {
      await deeds.getByRole('button', { name: 'Download it' }).click()
      const item = page.getByRole('menuitem', { name })
      const download = await downloaded(page, () => item.click())
      expect(download.suggestedFilename()).toMatch(/^a-red-apple-flat.*\.(png|webp|svg)$/)
      return (await bytesOf(download)).toString('latin1')
    }
    expect((await save(/^PNG/)).slice(1, 4)).toBe('PNG')
    expect((await save(/^WebP/)).slice(8, 12)).toBe('WEBP')
    const svg = await save(/^SVG/)
    expect(svg).toContain('<svg')
    expect(svg).toContain('<path')
    expect(mistakes).toEqual([])
  })

  it('looks closely, and deletes', async () => {
    const { page } = await open(browser)
    await keepFour(page, 'a tree in the snow')
    const hung = page.locator('#gallery').getByRole('img', { name: 'a tree in the snow' })
    await expect.poll(() => hung.count(), { timeout: 240_000 }).toBe(4)
    await hung.first().click()
    const sheet = page.getByRole('dialog', { name: 'a tree in the snow' })
    await sheet.getByText('256 × 256').waitFor()
    await sheet.getByRole('button', { name: 'Delete' }).click()
    await sheet.waitFor({ state: 'detached' })
    await expect.poll(() => hung.count(), { timeout: 240_000 }).toBe(3)
    await page.reload()
    await expect.poll(() => hung.count(), { timeout: 240_000 }).toBe(3)
  })

  it('puts kept pictures into a folder, looks into it, and takes one out; the folder is there after a reload', async () => {
    const { page, mistakes } = await open(browser)
    await keepFour(page, 'a green frog')
    const gallery = page.locator('#gallery')
    const frogs = gallery.getByRole('img', { name: 'a green frog' })
    await expect.poll(() => frogs.count(), { timeout: 240_000 }).toBe(4)

    await gallery.getByRole('button', { name: 'Select' }).click()
    const cards = gallery.locator('.card-picture:has(img[alt="a green frog"])')
    await cards.nth(0).click()
    await cards.nth(1).click()
    const bar = page.getByRole('region', { name: 'Chosen pictures' })
    await bar.getByRole('button', { name: 'Put into a folder' }).click()
    await bar.getByRole('combobox', { name: 'Folder’s name' }).fill('ponds')
    await bar.getByRole('button', { name: 'Put there' }).click()
    const folder = gallery.getByRole('radiogroup', { name: 'Folder' })
    await folder.getByText('ponds 2').click()
    await expect.poll(() => frogs.count(), { timeout: 240_000 }).toBe(2)

    await page.reload()
    await folder.getByText('ponds 2').click()
    await expect.poll(() => frogs.count(), { timeout: 240_000 }).toBe(2)
    await frogs.first().click()
    const sheet = page.getByRole('dialog')
    await sheet.getByRole('button', { name: 'In ponds' }).click()
    await sheet.getByRole('button', { name: 'Take out' }).click()
    await sheet.getByRole('button', { name: 'Put into a folder' }).waitFor()
    await folder.getByText('ponds 1').waitFor()
    expect(mistakes).toEqual([])
  })
})
