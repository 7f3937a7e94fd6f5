/**
 * A WebSocket that comes back: reconnects with back-off, pings, and says how it stands.
 * Knows nothing of painting; whoever uses it sends again what still matters after `open`.
 */

export type Standing = 'connecting' | 'open' | 'offline'

export interface ConnectionEvents {
  open(): void
  text(data: string): void
  bytes(data: ArrayBuffer): void
  standing(now: Standing): void
}

const FIRST_WAIT_MS = 400
const LONGEST_WAIT_MS = 8_000
const PING_MS = 20_000

/** How long to wait before try `n` (from 0): doubles up to 8 s, and varies so that pages do not return in step. */
export function backOff(n: number, random: () => number = Math.random): number {
  return Math.min(FIRST_WAIT_MS * 2 ** n, LONGEST_WAIT_MS) * (0.75 + 0.5 * random())
}

export class Connection {
  private socket: WebSocket | null = null
  private tries = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private heart: ReturnType<typeof setInterval> | undefined
  private isClosed = false

  constructor(
    private readonly url: string,
    private readonly events: ConnectionEvents,
    private readonly make: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  start(): void {
    this.isClosed = false
    this.connect()
    globalThis.addEventListener?.('online', this.retryNow)
  }

  stop(): void {
    this.isClosed = true
    clearTimeout(this.timer)
    clearInterval(this.heart)
    globalThis.removeEventListener?.('online', this.retryNow)
    this.socket?.close()
    this.socket = null
  }

  get isOpen(): boolean {
    return this.socket?.readyState === 1
  }

  /** Send if the line is open; what is not sent now is not kept. */
  send(message: object): boolean {
    if (!this.socket || !this.isOpen) return false
    this.socket.send(JSON.stringify(message))
    return true
  }

  readonly retryNow = (): void => {
    if (this.isClosed || this.socket) return
    clearTimeout(this.timer)
    this.connect()
  }

  private connect(): void {
    this.events.standing(this.tries === 0 ? 'connecting' : 'offline')
    let socket: WebSocket
    try {
      socket = this.make(this.url)
    } catch {
      this.again()
      return
    }
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    socket.onopen = () => {
      this.tries = 0
      this.heart = setInterval(() => this.send({ type: 'ping' }), PING_MS)
      this.events.standing('open')
      this.events.open()
    }
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === 'string') this.events.text(event.data)
      else this.events.bytes(event.data)
    }
    socket.onclose = () => {
      if (this.socket !== socket) return
      this.socket = null
      clearInterval(this.heart)
      if (!this.isClosed) this.again()
    }
  }

  private again(): void {
    this.events.standing('offline')
    this.timer = setTimeout(() => this.connect(), backOff(this.tries))
    this.tries += 1
  }
}
