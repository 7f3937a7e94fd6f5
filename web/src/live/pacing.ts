/**
 * When to paint while somebody types: at once, then at most every 60 ms, and a finer picture when the typing rests.
 * Knows nothing of what is painted.
 */

export const GAP_MS = 60
export const REST_MS = 380

export class Pacing {
  private last = -Infinity
  private gap: ReturnType<typeof setTimeout> | undefined
  private rest: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly draft: () => void,
    private readonly refine: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Something changed. */
  touch(): void {
    clearTimeout(this.rest)
    this.rest = setTimeout(this.refine, REST_MS)
    const since = this.now() - this.last
    if (since >= GAP_MS) this.strike()
    else if (this.gap === undefined) this.gap = setTimeout(() => this.strike(), GAP_MS - since)
  }

  /** Nothing is wanted any more. */
  drop(): void {
    clearTimeout(this.rest)
    clearTimeout(this.gap)
    this.gap = undefined
  }

  private strike(): void {
    clearTimeout(this.gap)
    this.gap = undefined
    this.last = this.now()
    this.draft()
  }
}
