import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PHONE, downloaded, finished, kept, launch, open, paint, study, words } from './browser'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

async function keepFour(page: Page, text: string, said = text): Promise<void> {
  await paint(page, text, said)
  await words(page).press('Enter')
  await kept(page, 'Four studies')
}

/** What can be done with the chosen one of the four, in words. */
const bar = (page: Page): Locator => page.locator('.chosen')
const sheet = (page: Page, name: string): Locator => page.getByRole('dialog', { name })

/** Open a menu, and take what is called so in it. */
async function pick(page: Page, menu: Locator, item: string | RegExp): Promise<void> {
  await menu.click()
  await page.getByRole('menuitem', typeof item === 'string' ? { name: item, exact: true } : { name: item }).click()
}

/** Width and height of number `n` of the four, as the file has them. */
const sizeOf = (page: Page, n: number): Promise<[number, number]> =>
  study(page, n).locator('img').evaluate((image) => [(image as HTMLImageElement).naturalWidth, (image as HTMLImageElement).naturalHeight])

/** The pixels of number `n` of the four as RGBA, from its file. */
async function pixelsOf(page: Page, n: number): Promise<number[]> {
  return study(page, n).locator('img').evaluate(async (image) => {
    const bitmap = await createImageBitmap(await (await fetch((image as HTMLImageElement).src)).blob())
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
    const context = canvas.getContext('2d')
    context?.drawImage(bitmap, 0, 0)
    return [...(context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [])]
  })
}

/** Every issue that axe calls serious or critical. */
async function issues(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    interface Found {
      violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
    }
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<Found> } }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 140)).join(' | ')}`)
  })
}

/** A picture painted in the page, as a file that somebody drops or pastes. */
async function bring(page: Page, how: 'drop' | 'paste', names: string[]): Promise<void> {
  await page.evaluate(
    async ({ how, names }) => {
      const transfer = new DataTransfer()
      for (const [index, name] of names.entries()) {
        const canvas = new OffscreenCanvas(96, 64)
        const context = canvas.getContext('2d')
        if (!context) throw new Error('no canvas')
        context.fillStyle = ['#c33', '#36c', '#3a3'][index % 3] ?? '#000'
        context.fillRect(0, 0, 96, 64)
        context.fillStyle = '#fe8'
        context.fillRect(30, 16, 30, 30)
        transfer.items.add(new File([await canvas.convertToBlob()], name, { type: 'image/png' }))
      }
      if (how === 'paste') dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, cancelable: true }))
      else dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }))
    },
    { how, names },
  )
}

describe('operations', () => {
  it('stand under each picture: enlarge, zoom out, pan, make square, each on what came of the last', async () => {
    const { page, mistakes } = await open(browser)
    await keepFour(page, 'a red fox')
    await pick(page, page.getByRole('button', { name: /^U2/ }), 'Enlarge to 512')
    await kept(page, 'Enlarged to 512')
    expect(await sizeOf(page, 1)).toEqual([512, 512])
    await bar(page).getByRole('button', { name: 'Enlarge to 512' }).and(page.locator('[aria-disabled=true]')).waitFor()

    await keepFour(page, 'a blue house')
    await pick(page, bar(page).getByRole('button', { name: /^More/ }), 'Pan right')
    await kept(page, 'Panned right')
    const [width, height] = await sizeOf(page, 2)
    expect(width).toBeGreaterThan(height)
    await study(page, 2).click()
    await pick(page, page.getByRole('button', { name: /^More to do with number 2/ }), 'Make it square')
    await kept(page, 'Made square')
    const [side, other] = await sizeOf(page, 1)
    expect(side).toBe(other)
    expect(side).toBeGreaterThanOrEqual(width)
    await study(page, 1).press('z')
    await kept(page, 'Zoomed out 2×')
    expect(mistakes).toEqual([])
  })

  it('change a part: what was not painted over stays to the last bit', async () => {
    const { page } = await open(browser)
    await keepFour(page, 'a green tree')
    await study(page, 3).click()
    const before = await pixelsOf(page, 3)
    await bar(page).getByRole('button', { name: 'Change a part…' }).click()
    const pad = sheet(page, 'Change a part').getByRole('application')
    const go = sheet(page, 'Change a part').getByRole('button', { name: 'Paint four' })
    expect(await go.getAttribute('aria-disabled')).toBe('true')

    // A stroke with the pointer in the upper left quarter, then a rectangle with the keys from the middle.
    const box = await pad.boundingBox()
    if (!box) throw new Error('no pad')
    await page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.35, box.y + box.height * 0.3, { steps: 4 })
    await page.mouse.up()
    await page.getByText('Rectangle').click()
    await pad.focus()
    await page.keyboard.press('Space')
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(`Shift+${key}`)
    await page.keyboard.press('Space')
    await sheet(page, 'Change a part').getByRole('textbox', { name: 'What comes there' }).fill('a red apple')
    await go.click()
    await kept(page, 'A part painted anew')
    const after = await pixelsOf(page, 1)
    expect(after.length).toBe(before.length)
    const side = Math.sqrt(before.length / 4)
    const changed = new Set<string>()
    for (let at = 0; at < before.length; at += 1) {
      if (before[at] === after[at]) continue
      const [x, y] = [Math.floor(at / 4) % side, Math.floor(at / 4 / side)]
      changed.add(`${x < side / 2 ? 'left' : 'right'} ${y < side / 2 ? 'upper' : 'lower'}`)
    }
    expect([...changed].sort()).toEqual(['left upper', 'right lower'])
    // What was painted is undone by the keys, too.
    await study(page, 1).press('m')
    await sheet(page, 'Change a part').getByRole('application').press('Space')
    await sheet(page, 'Change a part').getByText(/^[1-9]\d? % covered/).waitFor()
    await sheet(page, 'Change a part').getByRole('application').press('Backspace')
    await sheet(page, 'Change a part').getByText('0 % covered').waitFor()
  })

  it('other words, a description, shorter words', async () => {
    const { page } = await open(browser)
    await keepFour(page, 'a yellow boat on a lake')
    await study(page, 1).press('i')
    const remix = sheet(page, 'Change the words')
    await remix.getByRole('textbox').fill('a purple boat on a lake')
    await remix.getByRole('textbox').press('Enter')
    await kept(page, 'With other words')
    expect(await study(page, 1).getAttribute('aria-label')).toContain('a purple boat on a lake')

    await study(page, 2).press('c')
    const described = sheet(page, 'Describe it').getByRole('listitem').getByRole('button')
    await described.first().waitFor()
    const offered = (await described.first().textContent()) ?? ''
    await described.first().click()
    await sheet(page, 'Describe it').waitFor({ state: 'detached' })
    expect(await words(page).inputValue()).toBe(offered)
    await finished(page)

    await words(page).fill('a red fox in the snow')
    await page.getByRole('button', { name: 'Shorten' }).click()
    const influences = sheet(page, 'What each word does').locator('.influences li')
    await influences.first().waitFor()
    expect(await influences.count()).toBe(6)
    expect(await influences.evaluateAll((all) => all.map((each) => each.textContent?.replace(/, \d+ of 100$/, '')))).toEqual('a red fox in the snow'.split(' '))
    // The strongest word is as dark as a shade gets.
    expect(await influences.evaluateAll((all) => all.filter((each) => (each as HTMLElement).style.getPropertyValue('--influence') === '100%').length)).toBeGreaterThan(0)
    const shorter = sheet(page, 'What each word does').locator('.prompts button').first()
    const text = (await shorter.textContent()) ?? ''
    expect(text.split(' ').length).toBeLessThan(6)
    await shorter.click()
    expect(await words(page).inputValue()).toBe(text)
  })

  it('blend what is chosen in the gallery', async () => {
    const { page } = await open(browser)
    await keepFour(page, 'a red apple')
    const cards = page.locator('#gallery .card-picture')
    await expect.poll(() => cards.count(), { timeout: 240_000 }).toBeGreaterThanOrEqual(4)
    await page.getByRole('button', { name: 'Select' }).click()
    const chosen = page.getByRole('region', { name: 'Chosen pictures' })
    const blend = chosen.getByRole('button', { name: 'Blend' })
    await cards.nth(0).click()
    expect(await blend.getAttribute('aria-disabled')).toBe('true')
    await cards.nth(2).click()
    await chosen.getByText('2 chosen').waitFor()
    const zip = await downloaded(page, () => chosen.getByRole('button', { name: 'Zip' }).click())
    expect(readFileSync((await zip.path()) ?? '').subarray(0, 2).toString()).toBe('PK')
    await chosen.getByRole('combobox').selectOption('landscape')
    await blend.click()
    await kept(page, 'Blended of 2')
    const [width, height] = await sizeOf(page, 1)
    expect(width).toBeGreaterThan(height)
    await chosen.waitFor({ state: 'detached' })
  })

  it('begin from a picture that is dropped, or pasted; blend a few', async () => {
    const { page, mistakes } = await open(browser)
    await bring(page, 'drop', ['flag.png'])
    const brought = sheet(page, 'You brought a picture')
    await brought.getByRole('textbox', { name: 'What it is to become' }).fill('a yellow house')
    await brought.getByRole('button', { name: 'Paint four' }).click()
    await kept(page, 'Begun from a picture')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('four-title')

    await study(page, 1).press('o')
    const viewer = sheet(page, 'a yellow house')
    await viewer.getByRole('list', { name: 'How it came to be' }).getByText('Brought').waitFor()
    await page.keyboard.press('Escape')

    await bring(page, 'paste', ['one.png', 'two.png'])
    await sheet(page, 'You brought 2 pictures').getByRole('textbox').fill('a flag')
    await sheet(page, 'You brought 2 pictures').getByRole('button', { name: 'Blend the 2' }).click()
    await kept(page, 'Blended of 2')
    expect(mistakes).toEqual([])
  })

  it('tell a picture’s recipe, and give it as shapes', async () => {
    const { page } = await open(browser)
    await keepFour(page, 'a red fox::2 snow::1 --no trees', 'a red fox')
    await study(page, 1).press('v')
    await kept(page, 'A little different')
    await page.getByRole('button', { name: /^U1/ }).click()
    await page.getByRole('menuitem', { name: /^Look closely/ }).click()
    const viewer = page.getByRole('dialog')
    await viewer.getByText('256 × 256').waitFor()
    const steps = viewer.getByRole('list', { name: 'How it came to be' }).getByRole('listitem')
    expect(await steps.allTextContents()).toEqual(['Painted from words', 'Varied a little'])
    const parts = viewer.getByRole('list', { name: 'The words with their weights' })
    expect(await parts.textContent()).toContain('a red fox')
    expect(await viewer.getByRole('region', { name: 'Drawings that informed the picture' }).textContent()).toContain('CC0-1.0')

    await viewer.getByRole('button', { name: 'Download it' }).click()
    await page.getByRole('menuitem').getByText(/as shapes|shaded/).waitFor()
    const svg = await downloaded(page, () => page.getByRole('menuitem', { name: /^SVG/ }).click())
    expect(svg.suggestedFilename()).toMatch(/^a-red-fox.*\.svg$/)
    expect(readFileSync((await svg.path()) ?? '', 'utf8')).toContain('<metadata id="allaprima">')
    // A menu over a sheet: Escape closes the one, and then the other.
    await viewer.getByRole('button', { name: /^More/ }).click()
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    expect(await viewer.getByRole('button', { name: /^More/ }).evaluate((button) => document.activeElement === button)).toBe(true)
    await page.keyboard.press('Escape')
    await viewer.waitFor({ state: 'detached' })
  })
})

describe('drawings of one’s own', () => {
  it('are dropped as a folder’s files, listed, painted with, credited and removed', async () => {
    const { page, mistakes } = await open(browser)
    await page.evaluate(async () => {
      const transfer = new DataTransfer()
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><image href="/etc/passwd.png"/></svg>'
      transfer.items.add(new File([svg], 'spy.svg', { type: 'image/svg+xml' }))
      for (const [name, colour] of [['zork-beast.png', '#c3c'], ['02.png', '#3a3']] as const) {
        const canvas = new OffscreenCanvas(64, 64)
        const context = canvas.getContext('2d')
        if (!context) throw new Error('no canvas')
        context.fillStyle = colour
        context.fillRect(12, 12, 40, 40)
        transfer.items.add(new File([await canvas.convertToBlob()], name, { type: 'image/png' }))
      }
      transfer.items.add(new File(['file,name,keywords\n02.png,grumblewort,goblin'], 'words.csv', { type: 'text/csv' }))
      dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }))
    })
    const drawings = sheet(page, 'Your drawings')
    await drawings.getByText('3 drawings').waitFor()
    await drawings.getByRole('textbox', { name: /name/ }).fill('my heroes')
    await drawings.getByRole('combobox', { name: /Licence/ }).fill('CC-BY-4.0')
    await drawings.getByRole('textbox', { name: /Owner/ }).fill('Ada')
    expect(await issues(page)).toEqual([])
    await drawings.getByRole('button', { name: 'Take them in' }).click()
    const style = drawings.getByRole('region', { name: 'my heroes' })
    await style.getByText('2 drawings by Ada, CC-BY-4.0').waitFor()
    await drawings.getByText(/spy\.svg was left out.*outside itself/).waitFor()
    expect(await style.getByRole('listitem').allTextContents()).toEqual(['zork beast', 'grumblewort'])
    expect(await issues(page)).toEqual([])
    await page.keyboard.press('Escape')

    await paint(page, 'a zork beast in the snow')
    const credits = page.getByRole('region', { name: 'Drawings that informed the picture' })
    await credits.getByText(/my heroes.*by Ada.*CC-BY-4\.0/).waitFor()

    await page.getByRole('button', { name: 'Your drawings' }).click()
    await style.getByRole('button', { name: 'Remove zork beast' }).click()
    await style.getByText('1 drawing by Ada').waitFor()
    await style.getByRole('button', { name: 'Remove', exact: true }).click()
    await style.getByRole('button', { name: /^Remove all/ }).click()
    await drawings.getByText('There are none yet.').waitFor()
    expect(mistakes).toEqual([])
  })
})

describe('the words', () => {
  const chips = (page: Page): Locator => page.getByRole('list', { name: 'What was understood' }).getByRole('button')

  it('are coloured by what the server read, and tell what was understood', async () => {
    const { page } = await open(browser)
    await words(page).fill('a red fox::2 snow::1 "HI" --no trees --ar 3:2 --style flat --fast')
    await chips(page).filter({ hasText: 'fast' }).waitFor()
    const told = await chips(page).allTextContents()
    for (const chip of ['a red fox50 %', 'lettersHI', 'withouttrees', 'shape3:2', 'styleflat']) expect(told).toContain(chip)
    await page.getByRole('list', { name: 'Warnings' }).getByText('--fast').waitFor()
    expect(await page.locator('.is-weight').allTextContents()).toEqual(['::2', '::1'])
    expect(await page.locator('.is-quote').allTextContents()).toEqual(['"HI"'])

    // One stop for Tab; arrows walk, the tooltip follows, and Enter shows where it stands in the words.
    await chips(page).first().focus()
    await page.keyboard.press('ArrowLeft')
    const last = chips(page).last()
    expect(await last.evaluate((chip) => document.activeElement === chip)).toBe(true)
    expect(await page.getByRole('tooltip').and(page.locator(':visible')).textContent()).toMatch(/\w{4}/)
    await chips(page).filter({ hasText: 'shape' }).click()
    const [start, end] = await words(page).evaluate((area) => [(area as HTMLTextAreaElement).selectionStart, (area as HTMLTextAreaElement).selectionEnd])
    expect((await words(page).inputValue()).slice(start, end).trim()).toBe('--ar 3:2')
  })

  it('are coloured without the server as well', async () => {
    const { page } = await open(browser, { before: async (page) => void (await page.route('**/api/understand', (route) => route.abort())) })
    await words(page).fill('a red fox::2 --ar 3:2')
    await page.locator('.is-weight').waitFor()
    expect(await page.locator('.is-parameter').allTextContents()).toEqual(['--ar'])
    await finished(page)
    expect(await chips(page).count()).toBe(0)
  })
})

describe('access', () => {
  it.each([
    ['dark', { colorScheme: 'dark' as const }],
    ['light, on a phone', { colorScheme: 'light' as const, ...PHONE }],
  ])('axe finds nothing serious in sheets and menus: %s', async (_, options) => {
    const { page } = await open(browser, { reducedMotion: 'reduce', ...options })
    await keepFour(page, 'a red fox::2 snow --no trees', 'a red fox')
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    for (const menu of [/^U1/, /^V1/, /^More to do with number 1/]) {
      await page.getByRole('button', { name: menu }).click()
      await page.getByRole('menu').waitFor()
      expect(await issues(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('menu').waitFor({ state: 'detached' })
    }
    for (const key of ['i', 'm', 'c', 'o']) {
      // A sheet that closes gives the focus back a moment later: on a slow machine that comes between focus and key.
      await expect.poll(async () => {
        await study(page, 1).focus()
        await page.keyboard.press(key)
        return page.getByRole('dialog').waitFor({ timeout: 5_000 }).then(() => true, () => false)
      }, { timeout: 60_000 }).toBe(true)
      if (key === 'c') await page.locator('.prompts').waitFor()
      expect(await issues(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await page.getByRole('button', { name: 'Select' }).click()
    await page.locator('#gallery .card-picture').first().click()
    expect(await issues(page)).toEqual([])
  })
})
