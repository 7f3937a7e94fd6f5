/** The studio: everything the page's parts share, made once and put together here. */

import { computed, signal } from '@preact/signals'
import type { Entry } from '../api/gallery'
import { ask } from '../api/http'
import * as jobs from '../api/jobs'
import type { Standing } from '../live/connection'
import type { HelloMessage } from '../live/messages'
import { ServerBrush } from '../live/server-brush'
import type { WallCanvas } from '../parts/wall-canvas'
import { says, settled } from '../prompt/lexer'
import { Easel } from './easel'
import { Four } from './four'
import { Rack, words } from './rack'
import { FINENESS, openSettings } from './settings'

export type Sheet = 'help' | 'settings' | null

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
  /** The kept picture that is looked at closely. */
  readonly viewed = signal<Entry | null>(null)
  /** How it stands with painting in this browser. */
  readonly edgeSays = signal('')
  readonly notice = signal('')
  /** What the server can do with a kept picture, by name: "vary", "upscale". */
  readonly operations = signal<ReadonlySet<string>>(new Set())
  readonly canKeep = computed(() => this.standing.value === 'open' && settled(this.easel.prompt.value) !== '')

  readonly server = new ServerBrush(liveUrl(), this.easel.events, {
    standing: (now) => (this.standing.value = now),
    open: () => this.easel.resume(),
    hello: (message) => {
      this.hello.value = message
      this.easel.draftSteps = message.steps.draft
    },
  })
  private noticeTimer: ReturnType<typeof setTimeout> | undefined

  start(): void {
    this.easel.take(this.server)
    this.server.start()
    void this.four.restore()
    void this.learn()
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
      steps: FINENESS[fineness.value]?.steps ?? 4,
      ...(memory.value === null ? {} : { memory: memory.value }),
      ...(guidance.value === null ? {} : { guidance: guidance.value }),
    })
  }

  /** The same words, four other seeds. */
  reroll(): void {
    this.easel.dice()
    this.keepFour()
  }

  /** Put the words and the seed of one of the four on the easel. */
  pick(index: number): void {
    const recipe = this.four.studies.value[index]?.picture?.recipe
    if (!recipe) return this.say('That one is still being painted.')
    this.easel.load(recipe)
    scrollTo({ top: 0 })
  }

  /** An operation of the server on one of the four: "vary" (subtle, strong) or "upscale". */
  async operate(name: string, index: number, strength?: string): Promise<void> {
    const picture = this.four.studies.value[index]?.picture
    if (!this.operations.value.has(name)) return this.say('This server does not offer that yet.')
    if (!picture?.entry) return this.say('That one is still being painted.')
    try {
      this.four.begin(this.four.words.value, await jobs.operate(name, picture.entry, strength))
    } catch (error) {
      this.say(words(error))
    }
  }

  private async learn(): Promise<void> {
    try {
      const status = await ask<{ operations?: string[] }>('GET', '/api/status')
      this.operations.value = new Set(status.operations ?? [])
    } catch {
      // The page works without knowing; what needs it says so.
    }
  }
}

function liveUrl(): string {
  return `${location.origin.replace(/^http/, 'ws')}/api/live`
}
