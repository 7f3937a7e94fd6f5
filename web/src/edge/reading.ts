/**
 * As much of the prompt language as the browser carries out by itself: weights, emphasis, --no, --seed, --style.
 * What it does not, it tells. The full reader is the server's.
 */

import { lex } from '../prompt/lexer'

export interface Reading {
  /** Words with their weights, which add up to 1. */
  parts: { text: string; weight: number }[]
  seed: number | null
  style: string | null
  notes: string[]
}

export class ReadingMistake extends Error {}

const NO_SHARE = 0.5

export function read(prompt: string): Reading {
  const parts: { text: string; weight: number }[] = []
  const stressed: { text: string; weight: number }[] = []
  /** What is stressed in the part being read, and how much. */
  let stress: { text: string; times: number }[] = []
  const values = new Map<string, string>()
  const idle = new Set<string>()
  let text = ''
  let name = ''
  const close = (weight: number): void => {
    const words = text.replace(/\s+/g, ' ').trim()
    const [only, ...others] = stress
    // Stress on all of a part is simply its weight; on a piece of it, the piece is one more part.
    const isWhole = only !== undefined && others.length === 0 && only.text.trim() === words
    if (words) parts.push({ text: words, weight: isWhole ? weight * only.times : weight })
    if (!isWhole) stressed.push(...stress.map((each) => ({ text: each.text, weight: weight * (each.times - 1) })))
    text = ''
    stress = []
  }

  for (const span of lex(prompt)) {
    const raw = prompt.slice(span.start, span.end)
    switch (span.kind) {
      case 'weight':
        close(raw === '::' ? 1 : Number(raw.slice(2)))
        break
      case 'emphasis': {
        const inner = /^\((.*):([\d.]+)\)$/.exec(raw)
        text += inner?.[1] ?? raw
        if (inner) stress.push({ text: inner[1] ?? '', times: Number(inner[2]) })
        break
      }
      case 'less':
        text += raw.slice(1, -1)
        stress.push({ text: raw.slice(1, -1), times: 1 / 1.1 })
        break
      case 'escape':
        text += raw.slice(1)
        break
      case 'brace':
        throw new ReadingMistake('Permutations in braces are read by the server only; in the browser, write one of them.')
      case 'picture':
        idle.add('pictures')
        break
      case 'parameter':
        close(1)
        name = raw.replace(/^[-—–]+/, '').toLowerCase()
        if (!['no', 'seed', 'style'].includes(name)) idle.add(`--${name}`)
        break
      case 'unknown':
        throw new ReadingMistake(`${raw} is not a parameter.`)
      case 'value':
        values.set(name, [values.get(name), raw.trim()].filter(Boolean).join(', '))
        break
      default:
        text += raw
    }
  }
  close(1)
  if (parts.length === 0) throw new ReadingMistake('The prompt has no words: say what to paint.')
  parts.push(...stressed.filter(({ weight }) => weight !== 0))
  const unwanted = (values.get('no') ?? '').split(',').map((each) => each.trim()).filter(Boolean)
  const largest = Math.max(...parts.map(({ weight }) => weight))
  for (const each of unwanted) parts.push({ text: each, weight: (-NO_SHARE * largest) / unwanted.length })
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  if (!(total > 0)) throw new ReadingMistake('The weights must add up to more than 0.')
  const seed = Number(values.get('seed') ?? NaN)
  return {
    parts: parts.map((part) => ({ text: part.text, weight: part.weight / total })),
    seed: Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 ? seed : null,
    style: values.get('style')?.replaceAll('-', ' ').replace(/^"|"$/g, '') ?? null,
    notes: idle.size ? [`Not done in the browser, so without effect: ${[...idle].sort().join(', ')}.`] : [],
  }
}
