/** The studio: everything the page's parts share, made once and put together here. */

import { computed, effect, signal, untracked } from '@preact/signals'
import { ask } from '../api/http'
import { EdgeBrush } from '../edge/edge-brush'
import { beyondBrowser } from '../edge/reading'
import type { Standing } from '../live/connection'
import type { HelloMessage } from '../live/messages'
import { ServerBrush } from '../live/server-brush'
import type { WallCanvas } from '../parts/wall-canvas'
import { says, settled } from '../prompt/lexer'
import { Drawings } from './drawings'
import { Easel } from './easel'
import { Four } from './four'
import { choose, told, wantsEdge, type Circumstances } from './place'
import { Rack, words } from './rack'
import { promptOf } from './recipe'
import { FINENESS, USUAL_STEPS, openSettings } from './settings'
import type { Subject } from './subject'
import { Reader } from './reader'
import { Workshop } from './workshop'

export type Sheet = 'help' | 'settings' | 'key' | null

export class Studio {
  readonly settings = openSettings()
  /** The canvas, while there is one. */
  wall: WallCanvas | null = null
  readonly easel = new Easel(this.settings)
  readonly rack = new Rack((message) => this.say(message))
  readonly four = new Four(() => void this.rack.refresh())
  readonly standing = signal<Standing>('connecting')
  readonly hello = signal<HelloMessage | null>(null)
  readonly sheet = signal<Sheet>(null)
  readonly workshop = new Workshop(this.four, (message) => this.say(message), () => this.bringFourIntoSight())
  readonly drawings = new Drawings()
  /** How the server reads the words. */
  readonly reader = new Reader(this.easel.prompt, this.standing)
  readonly edge = new EdgeBrush(this.easel.events, () => this.unseenDrawings())
  /** How it stands with painting in this browser. */
  readonly edgeSays = computed(() => told(this.edge.state.value, this.edge.download.value))
  /** Whether the words ask for what only the server can do. */
  private readonly isBeyond = computed(() => beyondBrowser(this.easel.prompt.value).length > 0 || this.unseenDrawings().length > 0)
  readonly place = computed(() => choose(this.circumstances()))
  readonly notice = signal('')
  readonly canPaint = computed(() => this.standing.value === 'open' || this.place.value === 'edge')
  readonly canKeep = computed(() => this.standing.value === 'open' && settled(this.easel.prompt.value) !== '')

  readonly server = new ServerBrush(liveUrl(), this.easel.events, {
    standing: (now) => (this.standing.value = now),
    open: () => {
      if (this.place.value === 'server') this.easel.resume()
    },
    hello: (message) => {
      this.hello.value = message
      this.easel.draftSteps = message.steps.draft
    },
  })
  private noticeTimer: ReturnType<typeof setTimeout> | undefined

  start(): void {
    effect(() => {
      const brush = this.place.value === 'edge' ? this.edge : this.server
      untracked(() => this.easel.take(brush))
    })
    effect(() => {
      if (wantsEdge(this.circumstances())) untracked(() => this.edge.load())
    })
    void this.edge.ask()
    this.server.start()
    void this.four.restore()
    void this.learn()
  }

  private circumstances(): Circumstances {
    return {
      where: this.settings.where.value,
      standing: this.standing.value,
      edge: this.edge.state.value,
      isBeyond: this.isBeyond.value,
      isKept: this.edge.download.value?.bytes === 0,
      serverMs: this.easel.serverMs.value,
    }
  }

  /** Your own drawings are the server's; a picture painted here may have been another with them. */
  private unseenDrawings(): string[] {
    const own = this.drawings.styles.value ?? []
    const memory = this.settings.memory.value
    return own.length > 0 && memory !== 0 ? ['Your own drawings were not looked at: they are kept by the server.'] : []
  }

  say(message: string): void {
    clearTimeout(this.noticeTimer)
    this.notice.value = message
    this.noticeTimer = setTimeout(() => (this.notice.value = ''), 5_000)
  }

  keepFour(seed = this.settings.seed.value): void {
    const prompt = this.easel.prompt.value
    if (!settled(prompt)) return this.say('Write what to paint first.')
    if (this.standing.value !== 'open') return this.say('The server is away; four can be kept when it is back.')
    const { fineness, memory, guidance, style } = this.settings
    void this.four.keep({
      prompt,
      ...(style.value && !says(prompt, ['style']) ? { style: style.value } : {}),
      count: 4,
      seed,
      steps: FINENESS[fineness.value]?.steps ?? USUAL_STEPS,
      ...(memory.value === null ? {} : { memory: memory.value }),
      ...(guidance.value === null ? {} : { guidance: guidance.value }),
    })
    this.bringFourIntoSight()
  }

  /** The same words, four other seeds. */
  reroll(): void {
    this.easel.dice()
    this.keepFour()
  }

  /** What each of the words does. */
  shorten(): void {
    const prompt = this.easel.prompt.value
    if (!settled(prompt)) return this.say('Write what to paint first.')
    this.workshop.open({ kind: 'shorten', prompt })
  }

  /** Put a picture's words and its seed on the easel. */
  takeUp({ recipe, words: said }: Subject): void {
    if (recipe) this.easel.load(promptOf(recipe), recipe.seed)
    else this.easel.write(said)
    this.workshop.viewed.value = null
    scrollTo({ top: 0 })
  }

  private bringFourIntoSight(): void {
    requestAnimationFrame(() => {
      document.getElementById('four')?.scrollIntoView({ block: 'nearest' })
      // Whoever came from a sheet goes on where its pictures are.
      if (document.activeElement === document.body) document.getElementById('four-title')?.focus({ preventScroll: true })
    })
  }

  /** Give the server a key; it answers with a cookie that opens the line as well. */
  async logIn(key: string): Promise<string | null> {
    try {
      await ask('POST', '/api/session', { key })
    } catch (error) {
      return words(error)
    }
    this.sheet.value = null
    this.server.retryNow()
    void this.learn()
    void this.rack.refresh()
    return null
  }

  private async learn(): Promise<void> {
    try {
      const { needs_key, owner } = await ask<{ needs_key: boolean; owner: string | null }>('GET', '/api/session')
      if (needs_key && owner === null) this.sheet.value = 'key'
      else await Promise.all([this.workshop.learn(), this.drawings.refresh()])
    } catch {
      // The page works without knowing; what needs it says so.
    }
  }
}

function liveUrl(): string {
  return `${location.origin.replace(/^http/, 'ws')}/api/live`
}
