import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finished, launch, open, paint, pixels, shown, variety, wall, words } from './browser'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

/** Collects what the wall shows, in order, as [id, step]. */
async function watchWall(page: Page): Promise<() => Promise<[number, number][]>> {
  await wall(page).evaluate((canvas) => {
    const seen: string[] = []
    Object.assign(globalThis, { seen })
    new MutationObserver(() => seen.push(canvas.dataset.shown ?? '')).observe(canvas, { attributeFilter: ['data-shown'] })
  })
  return () =>
    page.evaluate(() =>
      (globalThis as unknown as { seen: string[] }).seen.map((each) => each.split('/').map(Number).slice(0, 2) as [number, number]),
    )
}

const inOrder = (seen: [number, number][]): [number, number][] => [...seen].sort(([a, b], [c, d]) => a - c || b - d)

/** The number and the step of one binary frame of the live protocol. */
function header(frame: Buffer): { id: number; step: number } {
  return { id: frame.readUInt32LE(0), step: frame.readUInt16LE(4) }
}

describe('painting', () => {
  it('paints while somebody types, refines on the pause, and tells what it is', async () => {
    const { page, mistakes } = await open(browser)
    const seen = await watchWall(page)
    await words(page).pressSequentially('a red fox in the snow under a starry night sky', { delay: 25 })
    await finished(page, { said: 'starry night sky' })
    const order = await seen()
    expect(order.length).toBeGreaterThan(2)
    expect(order).toEqual(inOrder(order))
    expect(await variety(page)).toBeGreaterThan(8)
    expect(await wall(page).getAttribute('aria-label')).toContain('red fox')
    expect(await page.getByRole('region', { name: 'Drawings that informed the picture' }).textContent()).toContain('CC0-1.0')
    expect(mistakes).toEqual([])
  })

  it('shows no frame that comes after a newer one, whether of older words or of an earlier step', async () => {
    const held: Buffer[] = []
    let isHolding = true
    let deliver: (frame: Buffer) => void = () => {}
    let newest: Buffer = Buffer.alloc(0)
    const { page, mistakes } = await open(browser, {
      before: (page) =>
        page.routeWebSocket('**/api/live', (line) => {
          const server = line.connectToServer()
          deliver = (frame) => line.send(frame)
          server.onMessage((message) => {
            if (typeof message === 'string') return line.send(message)
            // The first words' frames are kept on the way, as a slow line might.
            if (isHolding) held.push(message)
            else line.send((newest = message))
          })
        }),
    })
    const seen = await watchWall(page)
    await words(page).fill('a green tree')
    await page.waitForFunction(() => document.querySelector('#progress')?.textContent?.includes('a green tree'))
    await expect.poll(() => held.length, { timeout: 240_000 }).toBeGreaterThan(2)
    expect(await seen()).toEqual([])
    isHolding = false
    await paint(page, 'a red house')

    const before = await pixels(page)
    const last = header(newest)
    const stale = held.map(header)
    expect(stale.every(({ id }) => id < last.id)).toBe(true)
    for (const frame of held) deliver(frame)
    // And a step of the newest words that comes after their picture.
    const earlier = Buffer.from(held[0] ?? Buffer.alloc(0))
    earlier.writeUInt32LE(last.id, 0)
    earlier.writeUInt16LE(0, 4)
    deliver(earlier)
    // The newest once more: when it is on the wall again, all that came before it has been looked at.
    const count = (await seen()).length
    deliver(newest)
    await page.waitForFunction((count) => (globalThis as unknown as { seen: string[] }).seen.length > count, count)

    const order = await seen()
    expect(order).toEqual(inOrder(order))
    expect(order.some(([id]) => stale.some((each) => each.id === id))).toBe(false)
    expect(await shown(page)).toMatchObject({ id: last.id, step: last.step })
    expect(await pixels(page)).toBe(before)
    expect(mistakes).toEqual([])
  })

  it('shows a mistake where it is and mends it', async () => {
    const { page } = await open(browser)
    await words(page).fill('a red fox --choas 5')
    await page.getByRole('alert').getByText('--chaos').waitFor()
    expect(await page.locator('.is-wrong').textContent()).toBe('--choas')
    expect(await words(page).getAttribute('aria-invalid')).toBe('true')
    await page.getByRole('button', { name: 'Mend it' }).click()
    expect(await words(page).inputValue()).toBe('a red fox --chaos 5')
    await finished(page)
    expect(await page.locator('#mistake').textContent()).toBe('')
  })

  it('gives the same picture for the same seed, and another for another', async () => {
    const { page } = await open(browser, { reducedMotion: 'reduce' })
    const seed = (): Promise<string | null> => page.getByRole('status', { name: 'Seed' }).textContent()
    let last = await paint(page, 'a blue bird')
    const first = { seed: await seed(), picture: await pixels(page) }
    await page.getByRole('button', { name: 'Another seed' }).click()
    last = await finished(page, { after: last })
    expect(await seed()).not.toBe(first.seed)
    expect(await pixels(page)).not.toBe(first.picture)
    await words(page).fill(`a blue bird --seed ${first.seed}`)
    await finished(page, { after: last, said: 'a blue bird' })
    expect(await pixels(page)).toBe(first.picture)
  })

  it('says when the painter is away, and comes back by itself', async () => {
    let line: { close(): Promise<void> } | null = null
    let isCut = false
    const { page } = await open(browser, {
      before: (page) =>
        page.routeWebSocket('**/api/live', (socket) => {
          line = socket
          if (isCut) void socket.close()
          else socket.connectToServer()
        }),
    })
    const last = await paint(page, 'a green tree')
    isCut = true
    await (line as { close(): Promise<void> } | null)?.close()
    await page.waitForSelector('[data-standing=offline]')
    expect(await page.getByRole('button', { name: /^Keep four/ }).getAttribute('aria-disabled')).toBe('true')
    isCut = false
    await page.waitForSelector('[data-standing=open]')
    await finished(page, { after: last })
  })
})

describe('motion', () => {
  it.each(['no-preference', 'reduce'] as const)('each picture flows into the next, unless motion is unwanted: %s', async (reducedMotion) => {
    const { page } = await open(browser, { reducedMotion })
    await page.evaluate(() => {
      // What is drawn on the wall: where pictures flow, the one before and the one after; else only the one after.
      const draw = CanvasRenderingContext2D.prototype.drawImage
      const sources = new Set<unknown>()
      CanvasRenderingContext2D.prototype.drawImage = function (this: CanvasRenderingContext2D, ...given: unknown[]) {
        if (this.canvas.isConnected) sources.add(given[0])
        return (draw as (...given: unknown[]) => void).apply(this, given)
      } as typeof draw
      Object.assign(globalThis, { sources })
    })
    const sources = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { sources: Set<unknown> }).sources.size)
    await paint(page, 'a red fox')
    await paint(page, 'a red fox in the snow')
    await pixels(page)
    expect(await sources()).toBe(reducedMotion === 'reduce' ? 1 : 2)
    if (reducedMotion !== 'reduce') return
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length)).toBe(0)
  })
})
