/**
 * As much of the prompt language as the browser carries out by itself: weights, emphasis, --no, --seed, --style, --ar,
 * --stylize and --raw. What it does not, it tells. The full reader is the server's.
 */

import { lex } from '../prompt/lexer'
import { PARAMETERS } from '../prompt/parameters'

export interface Part {
  text: string
  weight: number
}

export interface Reading {
  /** Words with their weights, which add up to 1. */
  parts: Part[]
  seed: number | null
  style: string | null
  /** Width to height, where it is said. */
  aspect: number | null
  /** 100 where nothing is said. */
  stylize: number
  /** What it says that this browser cannot carry out, in words. */
  beyond: string[]
}

export class ReadingMistake extends Error {}

const NO_SHARE = 0.5
/** Carried out here. */
const DONE = ['no', 'seed', 'style', 'aspect', 'stylize', 'raw']
/** Without effect wherever a live picture is painted, so that nobody misses it here. */
const IDLE = [
  'quality', 'draft', 'repeat', 'exp', 'sv', 'version', 'niji', 'sd', 'fast', 'relax', 'turbo', 'public', 'stealth', 'video',
  'motion', 'loop', 'end', 'bs',
]
const SPELLED = new Map(PARAMETERS.flatMap((names) => names.map((name) => [name, names[0]] as const)))
const USUAL_LOOK = 'gradient'
const LOOK = { usual: 100, most: 0.6, least: -0.2 }

export function read(prompt: string): Reading {
  const parts: { text: string; weight: number }[] = []
  const stressed: { text: string; weight: number }[] = []
  /** What is stressed in the part being read, and how much. */
  let stress: { text: string; times: number }[] = []
  const values = new Map<string, string>()
  const beyond = new Set<string>()
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
        beyond.add('pictures')
        break
      case 'parameter':
        close(1)
        name = SPELLED.get(raw.replace(/^[-—–]+/, '').toLowerCase()) ?? ''
        if (![...DONE, ...IDLE].includes(name)) beyond.add(raw.trim())
        if (name === 'raw') values.set('raw', '')
        break
      case 'quote':
        beyond.add('letters in quotation marks')
        text += raw
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
  const style = values.get('style')?.replaceAll('-', ' ').replace(/^"|"$/g, '').toLowerCase() ?? null
  const isRaw = values.has('raw') || style === 'raw'
  return {
    parts: parts.map((part) => ({ text: part.text, weight: part.weight / total })),
    seed: whole(values.get('seed')),
    // Raw is no style, and yet goes before one that was chosen elsewhere.
    style: style === 'raw' ? '' : style,
    aspect: ratio(values.get('aspect')),
    stylize: isRaw ? 0 : Math.min(Math.max(numeric(values.get('stylize')) ?? LOOK.usual, 0), 1000),
    beyond: [...beyond].sort(),
  }
}

/** What a prompt asks that this browser cannot carry out; empty for one that cannot be read. */
export function beyondBrowser(prompt: string): string[] {
  try {
    return read(prompt).beyond
  } catch {
    return prompt.includes('{') ? ['permutations in braces'] : []
  }
}

/** The parts with the look against them: nothing at 100, less than nothing below, more above. */
export function stylized(parts: Part[], stylize: number, style: string | null, phrase: (style: string) => string): Part[] {
  if (stylize === LOOK.usual) return parts
  const { usual, most, least } = LOOK
  const weight = stylize > usual ? (most * (stylize - usual)) / (1000 - usual) : (least * (usual - stylize)) / usual
  const rest = parts.map((part) => ({ text: part.text, weight: part.weight * (1 - weight) }))
  return [...rest, { text: phrase(style ?? USUAL_LOOK), weight }]
}

function numeric(text: string | undefined): number | null {
  return text !== undefined && /^[\d.]+$/.test(text) ? Number(text) : null
}

function whole(text: string | undefined): number | null {
  const value = numeric(text)
  return value !== null && Number.isInteger(value) && value < 2 ** 32 ? value : null
}

function ratio(text: string | undefined): number | null {
  const [, width, height] = /^(\d+):(\d+)$/.exec(text ?? '') ?? []
  const aspect = Number(width) / Number(height)
  return aspect >= 1 / 14 && aspect <= 14 ? aspect : null
}
