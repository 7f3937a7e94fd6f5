import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backOff } from '../src/live/connection'
import { Pacing, REST_MS } from '../src/live/pacing'

describe('Pacing', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('drafts at once, then at most every 60 ms, and refines once when the typing rests', () => {
    const strokes: string[] = []
    const pacing = new Pacing(() => strokes.push('draft'), () => strokes.push('refine'), () => Date.now())
    for (let key = 0; key < 20; key += 1) {
      pacing.touch()
      vi.advanceTimersByTime(20)
    }
    expect(strokes[0]).toBe('draft')
    expect(strokes.length).toBeLessThanOrEqual(1 + Math.ceil(400 / 60))
    vi.advanceTimersByTime(REST_MS)
    expect(strokes.filter((each) => each === 'refine')).toEqual(['refine'])
    expect(strokes.at(-1)).toBe('refine')
  })

  it('does nothing after it was dropped', () => {
    const strokes: string[] = []
    const pacing = new Pacing(() => strokes.push('draft'), () => strokes.push('refine'), () => Date.now())
    pacing.touch()
    pacing.touch()
    pacing.drop()
    vi.advanceTimersByTime(2000)
    expect(strokes).toEqual(['draft'])
  })
})

it('backs off up to eight seconds, never in step', () => {
  expect(backOff(0, () => 0)).toBe(300)
  expect(backOff(3, () => 0.5)).toBe(3200)
  expect(backOff(30, () => 1)).toBe(10_000)
})
