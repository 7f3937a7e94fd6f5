/** The server as a brush: wishes go out over the live protocol, frames come in. */

import { says } from '../prompt/lexer'
import type { Brush, BrushEvents, Wish } from './brush'
import { Connection, type Standing } from './connection'
import { readFrame } from './frame'
import { readMessage, type HelloMessage, type PaintRequest } from './messages'

export interface LineEvents {
  standing(now: Standing): void
  /** The line is open, for the first time or again. */
  open(): void
  /** What the server says of itself. */
  hello(message: HelloMessage): void
}

export class ServerBrush implements Brush {
  readonly name = 'server'
  private readonly connection: Connection

  constructor(url: string, events: BrushEvents, line: LineEvents) {
    this.connection = new Connection(url, {
      standing: line.standing,
      open: line.open,
      bytes(data) {
        try {
          events.frame(readFrame(data))
        } catch (error) {
          console.warn('A frame could not be read:', error)
        }
      },
      text(data) {
        const message = readMessage(data)
        if (message?.type === 'hello') line.hello(message)
        else if (message?.type === 'step') events.step(message.id, message.index, message.count, message.ms)
        else if (message?.type === 'done') events.done(message.id, message.recipe, message.timing_ms, message.notes ?? [])
        else if (message?.type === 'error') {
          events.mistake(message.id ?? 0, {
            message: message.message,
            position: message.position ?? null,
            suggestion: message.suggestion ?? null,
            kind: message.kind ?? null,
          })
        }
      },
    })
  }

  start(): void {
    this.connection.start()
  }

  stop(): void {
    this.connection.stop()
  }

  retryNow(): void {
    this.connection.retryNow()
  }

  paint(wish: Wish): boolean {
    return this.connection.send(paintRequest(wish))
  }

  cancel(): void {
    this.connection.send({ type: 'cancel' })
  }
}

/** The wish as the protocol has it; a chosen style is written into the prompt, as people do themselves. */
export function paintRequest(wish: Wish): PaintRequest {
  return {
    type: 'paint',
    id: wish.id,
    prompt: withStyle(wish.prompt, wish.style),
    seed: wish.seed,
    steps: wish.steps,
    memory: wish.memory,
    final: wish.final,
    guidance: wish.guidance,
  }
}

/** The prompt with `--style` behind it, unless it names one itself. */
export function withStyle(prompt: string, style: string): string {
  return style && !says(prompt, ['style']) ? `${prompt.trimEnd()} --style ${style.replaceAll(' ', '-')}` : prompt
}
