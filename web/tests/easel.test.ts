// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Brush, Wish } from '../src/live/brush'
import type { Frame } from '../src/live/frame'
import { paintRequest } from '../src/live/server-brush'
import { Easel } from '../src/studio/easel'
import { FINENESS, openSettings } from '../src/studio/settings'

class FakeBrush implements Brush {
  readonly name = 'server'
  wishes: Wish[] = []
  cancelled = 0
  isThere = true

  paint(wish: Wish): boolean {
    if (this.isThere) this.wishes.push(wish)
    return this.isThere
  }

  cancel(): void {
    this.cancelled += 1
  }

  get last(): Wish {
    const last = this.wishes.at(-1)
    if (!last) throw new Error('nothing was asked for')
    return last
  }
}

const frame = (id: number, index: number, kind: 'rgb' | 'webp' = 'rgb'): Frame => ({
  id, index, count: 4, width: 1, height: 1, kind, payload: new Uint8Array(3),
})
const recipe = { prompt: 'a fox', seed: 1, steps: 4 }

describe('Easel', () => {
  let brush: FakeBrush
  let easel: Easel

  beforeEach(() => {
    vi.useFakeTimers()
    localStorage.clear()
    brush = new FakeBrush()
    easel = new Easel(openSettings())
    easel.take(brush)
  })
  afterEach(() => void vi.useRealTimers())

  it('drafts from the first letter and refines on a pause, with the same seed', () => {
    easel.write('a')
    easel.write('a fox')
    vi.advanceTimersByTime(1000)
    const ids = brush.wishes.map((wish) => wish.id)
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
    expect(new Set(brush.wishes.map((wish) => wish.seed)).size).toBe(1)
    expect(brush.wishes[0]).toMatchObject({ prompt: 'a', steps: 1, final: false })
    expect(brush.last).toMatchObject({ prompt: 'a fox', steps: 4, final: true })
  })

  it('asks for as many steps as the words need, and drafts in few all the same', () => {
    const settings = openSettings()
    settings.fineness.value = FINENESS.findIndex(({ steps }) => steps === 'auto')
    easel = new Easel(settings)
    easel.take(brush)
    easel.write('a fox')
    vi.advanceTimersByTime(1000)
    expect(brush.wishes[0]).toMatchObject({ steps: 1, final: false })
    expect(brush.last).toMatchObject({ steps: 'auto', final: true })
    expect(paintRequest(brush.last).steps).toBe('auto')
    expect(easel.progress.value?.count).toBe(0)
    easel.events.step(brush.last.id, 0, 8, 10)
    expect(easel.progress.value).toMatchObject({ index: 1, count: 8 })
  })

  it('does not paint again for a blank at the end', () => {
    easel.write('a fox')
    vi.advanceTimersByTime(1000)
    const before = brush.wishes.length
    easel.write('a fox ')
    vi.advanceTimersByTime(1000)
    expect(brush.wishes.length).toBe(before)
  })

  it('shows no frame that a newer one has overtaken, even if it was decoded late', () => {
    const shown: string[] = []
    const late: (() => void)[] = []
    easel.show = (each, _, isCurrent) => {
      const put = (): void => {
        if (isCurrent()) shown.push(`${each.id}/${each.index}`)
      }
      if (each.kind === 'webp') late.push(put)
      else put()
    }
    easel.events.frame(frame(1, 0))
    easel.events.frame(frame(1, 3, 'webp'))
    easel.events.frame(frame(2, 0))
    late.forEach((put) => put())
    easel.events.frame(frame(1, 2))
    expect(shown).toEqual(['1/0', '2/0'])
  })

  it('takes the end of the newest wish only', () => {
    easel.write('a fox')
    vi.advanceTimersByTime(1000)
    easel.events.done(brush.last.id - 1, { ...recipe, prompt: 'old' }, {}, [])
    expect(easel.finished.value).toBeNull()
    easel.events.done(brush.last.id, recipe, { total: 5 }, ['told'])
    expect(easel.finished.value).toMatchObject({ recipe, notes: ['told'] })
    expect(easel.isBusy.value).toBe(false)
  })

  it('tells a mistake only when the typing rests', () => {
    const mistake = { message: 'No.', position: 6, suggestion: '--chaos', kind: 'unrecognized' }
    easel.write('a cat --choas 5')
    easel.events.mistake(brush.last.id, mistake)
    expect(easel.mistake.value).toBeNull()
    vi.advanceTimersByTime(1000)
    easel.events.mistake(brush.last.id, mistake)
    expect(easel.mending.value).toBe('a cat --chaos 5')
    easel.write('a cat --chaos 5')
    expect(easel.mistake.value).toBeNull()
  })

  it('paints what is there when the line comes back', () => {
    brush.isThere = false
    easel.write('a fox')
    vi.advanceTimersByTime(1000)
    expect(easel.isBusy.value).toBe(false)
    brush.isThere = true
    easel.resume()
    expect(brush.last).toMatchObject({ prompt: 'a fox', final: true })
  })

  it('stops when the words are gone, and begins anew with another seed', () => {
    easel.write('a fox')
    const { seed } = brush.last
    easel.write('')
    vi.advanceTimersByTime(1000)
    expect(brush.cancelled).toBe(1)
    easel.write('a dog')
    expect(brush.last.seed).not.toBe(seed)
  })

  it('remembers the words', () => {
    easel.write('a fox')
    expect(new Easel(openSettings()).prompt.value).toBe('a fox')
  })
})
