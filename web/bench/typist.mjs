/**
 * Types texts into the page in a real Chromium and prints, as one JSON object, how long each key took to show:
 *
 *     node web/bench/typist.mjs '{"url": "http://127.0.0.1:7860", "texts": ["a red fox"], "keyMs": 120}'
 *
 * A key begins when the browser hears it, and has shown when the canvas holds a frame painted for words at least as new
 * and the browser comes to draw its next image. `allaprima bench live` runs this; it asserts nothing.
 */

import { chromium } from 'playwright-core'

const PATIENCE_MS = 240_000
const { url, texts, keyMs, executable } = JSON.parse(process.argv[2] ?? '{}')

/** In the page, before anything of it: notes keys, wishes as they are sent, and frames as they are shown. */
function listen() {
  const log = { keys: [], wishes: [], shows: [] }
  Object.assign(globalThis, { log })
  addEventListener('input', (event) => log.keys.push({ at: event.timeStamp, text: event.target.value }), true)
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (data) {
    const message = typeof data === 'string' ? JSON.parse(data) : {}
    if (message.type === 'paint') log.wishes.push({ id: message.id, at: performance.now(), final: message.final })
    return send.call(this, data)
  }
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const [id, , kind] = (target.dataset.shown ?? '').split('/')
      if (!id) continue
      requestAnimationFrame(() => log.shows.push({ id: Number(id), kind, at: performance.now() }))
    }
  }).observe(document, { subtree: true, attributeFilter: ['data-shown'] })
}

/** Milliseconds from each key to the first frame of words as new as it, and from the last key to the final picture. */
function read({ keys, wishes, shows }) {
  const previews = []
  for (const key of keys) {
    const wish = wishes.find(({ at }) => at >= key.at)
    const show = wish && shows.find(({ id, at }) => id >= wish.id && at >= wish.at)
    if (show) previews.push(show.at - key.at)
  }
  const last = keys.at(-1)
  const wish = wishes.find(({ at, final }) => final && at >= last.at)
  const show = wish && shows.findLast(({ id, kind }) => id === wish.id && kind === 'webp')
  return { previews, final: show ? show.at - last.at : null, rest: wish ? wish.at - last.at : null }
}

const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.setDefaultTimeout(PATIENCE_MS)
  page.setDefaultNavigationTimeout(PATIENCE_MS)
  await page.addInitScript(listen)
  await page.goto(url)
  await page.waitForSelector('[data-standing=open]')
  const prompt = page.getByRole('textbox', { name: 'What to paint' })
  const report = { browser: browser.version(), keys: 0, preview_ms: [], final_ms: [], rest_ms: [], unfinished: 0 }
  for (const [turn, text] of texts.entries()) {
    await prompt.fill('')
    await page.evaluate(() => Object.assign(globalThis.log, { keys: [], wishes: [], shows: [] }))
    await prompt.pressSequentially(text, { delay: keyMs })
    await page.waitForFunction(() => {
      const { keys, wishes, shows } = globalThis.log
      const wish = wishes.findLast(({ at, final }) => final && at >= keys.at(-1).at)
      return wish && shows.some(({ id, kind }) => id === wish.id && kind === 'webp')
    })
    if (turn === 0) continue // The first text warms up.
    const { previews, final, rest } = read(await page.evaluate(() => globalThis.log))
    report.keys += text.length
    report.preview_ms.push(...previews)
    if (final === null) report.unfinished += 1
    else report.final_ms.push(final) && report.rest_ms.push(rest)
  }
  console.log(JSON.stringify(report))
} finally {
  await browser.close()
}
