import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, open, paint, shoot, variety } from './browser'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

/** Collects what the wall shows, in order, as [id, step]. */
async function watchWall(page: Page): Promise<() => Promise<[number, number][]>> {
  await page.evaluate(() => {
    const shown: string[] = []
    Object.assign(globalThis, { shown })
    const canvas = document.querySelector('canvas')
    if (!canvas) throw new Error('no canvas')
    new MutationObserver(() => shown.push(canvas.dataset.shown ?? '')).observe(canvas, { attributeFilter: ['data-shown'] })
  })
  return () =>
    page.evaluate(() =>
      (globalThis as unknown as { shown: string[] }).shown.map((each) => each.split('/').map(Number).slice(0, 2) as [number, number]),
    )
}

describe('painting', () => {
  it('paints while somebody types, refines on the pause, and no older frame overtakes a newer one', async () => {
    const { page, mistakes } = await open(browser)
    const shown = await watchWall(page)
    await page.locator('#prompt').pressSequentially('a red fox in the snow under a starry night sky', { delay: 25 })
    await page.waitForFunction(() => document.querySelector('#progress')?.textContent?.includes('starry night sky'))
    await page.waitForSelector('.says:has-text("Finished in 4 steps")')
    const order = await shown()
    expect(order.length).toBeGreaterThan(2)
    const numbers = order.map(([id, step]) => id * 1000 + step)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(await variety(page)).toBeGreaterThan(8)
    expect(await page.getAttribute('canvas', 'aria-label')).toContain('red fox')
    expect(await page.textContent('.credits')).toContain('CC0-1.0')
    await shoot(page, 'painting')
    expect(mistakes).toEqual([])
  })

  it('shows a mistake where it is and mends it', async () => {
    const { page } = await open(browser)
    await page.fill('#prompt', 'a red fox --choas 5')
    await page.waitForSelector('#mistake:has-text("--chaos")')
    expect(await page.textContent('.is-wrong')).toBe('--choas')
    expect(await page.getAttribute('#prompt', 'aria-invalid')).toBe('true')
    await shoot(page, 'mistake')
    await page.click('#mistake button')
    expect(await page.inputValue('#prompt')).toBe('a red fox --chaos 5')
    await page.waitForSelector('.canvas canvas[data-shown$="webp"]')
    expect(await page.textContent('#mistake')).toBe('')
  })

  it('gives the same picture for the same seed, and another for another', async () => {
    const { page } = await open(browser)
    const pixels = (): Promise<string> => page.evaluate(() => document.querySelector('canvas')?.toDataURL() ?? '')
    const settle = async (): Promise<string> => {
      await page.waitForTimeout(1500)
      await page.waitForSelector('.says:has-text("Finished in 4 steps")')
      await page.waitForTimeout(500)
      return pixels()
    }
    await paint(page, 'a blue bird')
    const first = await settle()
    await page.click('[aria-label="Another seed"]')
    const second = await settle()
    expect(second).not.toBe(first)
  })

  it('says when the painter is away, and comes back by itself', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    let line: { close(): Promise<void> } | null = null
    let isCut = false
    await page.routeWebSocket('**/api/live', (socket) => {
      line = socket
      if (isCut) void socket.close()
      else socket.connectToServer()
    })
    const { inject } = await import('vitest')
    await page.goto(inject('url'))
    await page.waitForSelector('[data-standing=open]')
    await paint(page, 'a green tree')
    isCut = true
    await (line as { close(): Promise<void> } | null)?.close()
    await page.waitForSelector('[data-standing=offline]')
    expect(await page.getAttribute('.primary', 'aria-disabled')).toBe('true')
    isCut = false
    await page.waitForSelector('[data-standing=open]')
    await page.waitForSelector('.says:has-text("Finished")')
    await context.close()
  })
})
