/**
 * The prompt language's outer shape, for colouring while somebody types: weights, quotations, permutations,
 * emphasis and parameters. It never refuses anything; what is a mistake, the server says.
 */

import { isParameter } from './parameters'

export type Kind =
  | 'words'
  | 'weight'
  | 'quote'
  | 'brace'
  | 'emphasis'
  | 'less'
  | 'escape'
  | 'picture'
  | 'parameter'
  | 'value'
  | 'unknown'

export interface Span {
  readonly kind: Kind
  readonly start: number
  readonly end: number
  /** The parameter's long name, where somebody who knows it has read the prompt. */
  readonly name?: string
}

const OPENING_QUOTE = /["“”„]/
const CLOSING_QUOTE = /["“”]/
const ESCAPABLE = ',{}|\\:()[]"-./<>@ —–―'
const PARAMETER = /(?:^|\s)((?:--|—|–)([A-Za-z][\w-]*))/y
const WEIGHT = /::(?:-?(?:\d+\.?\d*|\.\d+)(?=$|[\s,]|::))?/y
const EMPHASIS = /\(([^()]*):(\d+\.?\d*|\.\d+)\)/y
const PICTURE = /(?:https?:\/\/[^\s]+|[^\s]+\.(?:png|gif|jpe?g|webp))(?=\s|$|::)/iy

/** `text` cut into spans that touch each other and cover it from 0 to its length. */
export function lex(text: string): Span[] {
  const spans: Span[] = []
  let plain = 0
  let at = 0
  let inParameters = false
  let hasWords = false

  const take = (kind: Kind, end: number): void => {
    if (end <= at) return
    if (plain < at) spans.push({ kind: inParameters ? 'value' : 'words', start: plain, end: at })
    spans.push({ kind, start: at, end })
    at = plain = end
  }
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }

  while (at < text.length) {
    const character = text.charAt(at)
    const isStart = at === 0 || /\s/.test(text.charAt(at - 1))

    if (character === '\\' && at + 1 < text.length && ESCAPABLE.includes(text.charAt(at + 1))) {
      take('escape', at + 2)
      hasWords = true
      continue
    }
    if (OPENING_QUOTE.test(character) && !/\d/.test(text.charAt(at - 1))) {
      const end = closing(text, at + 1)
      if (end > 0) {
        take('quote', end)
        hasWords = true
        continue
      }
    }
    if (/\s/.test(character) || at === 0) {
      const parameter = match(PARAMETER)
      if (parameter) {
        const space = parameter[0].length - (parameter[1] ?? '').length
        const from = at + space
        if (plain < from) spans.push({ kind: inParameters ? 'value' : 'words', start: plain, end: from })
        inParameters = true
        plain = at = from
        take(isParameter(parameter[2] ?? '') ? 'parameter' : 'unknown', from + (parameter[1] ?? '').length)
        continue
      }
    }
    if (!hasWords && !inParameters && isStart) {
      const picture = match(PICTURE)
      if (picture) {
        take('picture', at + picture[0].length)
        continue
      }
    }
    const weight = character === ':' ? match(WEIGHT) : null
    if (weight) {
      take('weight', at + weight[0].length)
      continue
    }
    if (character === '{' || character === '}') {
      take('brace', at + 1)
      continue
    }
    if (character === '(') {
      const emphasis = match(EMPHASIS)
      if (emphasis && !/\d/.test(text.charAt(at - 1))) {
        take('emphasis', at + emphasis[0].length)
        hasWords = true
        continue
      }
    }
    if (character === '[') {
      const end = text.indexOf(']', at)
      if (end > 0) {
        take('less', end + 1)
        hasWords = true
        continue
      }
    }
    if (!/\s/.test(character)) hasWords = true
    at += 1
  }
  if (plain < text.length) spans.push({ kind: inParameters ? 'value' : 'words', start: plain, end: text.length })
  return spans
}

/** Where the quotation that began before `from` ends, or -1. */
function closing(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (CLOSING_QUOTE.test(text.charAt(at)) && !/\d/.test(text.charAt(at - 1))) return at + 1
  }
  return -1
}

/** The prompt's words with its parameters and spare space left out: what two prompts must differ in to be painted anew. */
export function settled(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Whether a parameter is written in the prompt itself, under any of its names. */
export function says(text: string, names: readonly string[]): boolean {
  return lex(text).some(
    (span) => span.kind === 'parameter' && names.includes(text.slice(span.start, span.end).replace(/^[-—–]+/, '').toLowerCase()),
  )
}

/** Width to height, as `--ar` or `--aspect` in the prompt has it; 1 where nothing is said. */
export function aspectOf(text: string): number {
  const spans = lex(text)
  for (const [index, span] of spans.entries()) {
    const value = spans[index + 1]
    if (span.kind !== 'parameter' || value?.kind !== 'value') continue
    if (!/^[-—–]+(?:ar|aspect)$/i.test(text.slice(span.start, span.end))) continue
    const [, width, height] = /^\s*(\d+):(\d+)\s*$/.exec(text.slice(value.start, value.end)) ?? []
    const aspect = Number(width) / Number(height)
    return aspect >= 1 / 14 && aspect <= 14 ? aspect : 1
  }
  return 1
}
