/**
 * What a prompt says, in the vocabulary that the scenes were composed with: the engine's reading, word for word, with
 * the engine's own tables (words.json). Phrases of the vocabulary are claimed longest first; what remains between them
 * are noun phrases. Knows nothing of vectors or of the library.
 */

import tables from './words.json'

export interface Word {
  text: string
  kind: string
  /** The vocabulary's name for it: "left of", "ocean", "red". */
  name: string
}

export interface NounPhrase {
  words: string[]
  /** Index of its first word among the words. */
  start: number
  count: number
  colour: string | null
  size: string | null
  /** Adjectives right before it. */
  manner: string[]
}

export interface Said {
  words: Word[]
  phrases: NounPhrase[]
  style: string | null
  scenery: string | null
  relations: { index: number; name: string }[]
}

const STOP = new Set(tables.stop)
const MEASURES = new Set(tables.measures)
const CIRCUMSTANCES = new Set(tables.circumstances)
const THINGS_IN_ING = new Set(tables.things_in_ing)
const ADJECTIVES = new Set(tables.adjectives)
const PARTS = new Set(tables.parts)
const SEVERAL = new Map<string, number>(Object.entries(tables.several))
const IRREGULAR = new Map<string, string>(Object.entries(tables.irregular))
const CLAIMS = new Map(tables.claims.map(([phrase, kind, name]) => [phrase, { kind, name }] as [string, { kind: string; name: string }]))

const WORD = /[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)?|[,;:.!?()[\]|\n]/gu
const ARTICLES = new Set(['a', 'an', 'the', 'one', 'two', 'three', 'four'])
const COLOURED = new Set(['free', 'colour', 'size', 'adjective', 'scenery', 'style', 'look', 'weather'])
const DESCRIBED = new Set(['scenery', 'time', 'style', 'look', 'weather'])
const JOINING = new Set(['with', 'in', 'on', 'and'])

/** Lower case, with ß as ss: Python's casefold, as far as prompts go. */
export const folded = (text: string): string => text.toLowerCase().replaceAll('ß', 'ss')

/** Read a prompt; case, hyphens and punctuation inside words do not matter. */
export function readWords(text: string): Said {
  const raw = folded(text).replaceAll('-', ' ').replaceAll('’', "'").match(WORD) ?? []
  const words = withoutParts(freeBareColours(tag(raw)))
  const first = (kind: string): string | null => words.find((word) => word.kind === kind && word.name)?.name ?? null
  return {
    words,
    phrases: nounPhrases(words),
    style: first('style'),
    scenery: first('scenery'),
    relations: words.flatMap((word, index) =>
      word.kind === 'relation' && (index === 0 || words[index - 1] !== word) ? [{ index, name: word.name }] : [],
    ),
  }
}

/** The relation said between two words, by their index; the last one before the second counts. */
export function relationBetween({ relations }: Said, first: number, second: number): string | null {
  return relations.filter(({ index }) => first < index && index < second).at(-1)?.name ?? null
}

/** An English noun's singular, by rule; words that are none come back as they are or harmlessly cut. */
export function singular(word: string): string {
  const known = IRREGULAR.get(word)
  if (known !== undefined) return known
  const { length } = word
  if (length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (length > 4 && /(?:ches|shes|sses|xes|zes)$/.test(word)) return word.slice(0, -2)
  if (length > 4 && word.endsWith('uses') && !word.endsWith('ouses')) return word.slice(0, -2)
  if (length > 5 && word.endsWith('oes')) return word.slice(0, -2)
  if (length > 3 && word.endsWith('s') && !/(?:ss|us|is)$/.test(word)) return word.slice(0, -1)
  return word
}

/** Claim the vocabulary's phrases, at each place the longest; its places share one Word. */
function tag(raw: readonly string[]): Word[] {
  const words: Word[] = []
  for (let place = 0; place < raw.length; ) {
    let length = Math.min(tables.longest, raw.length - place)
    let claim: { kind: string; name: string } | undefined
    for (; length > 0; length -= 1) {
      claim = CLAIMS.get(raw.slice(place, place + length).join(' '))
      if (claim) break
    }
    const text = raw.slice(place, place + Math.max(length, 1)).join(' ')
    const word: Word = claim ? { text, ...claim } : { text, kind: common(text), name: '' }
    for (let turn = 0; turn < Math.max(length, 1); turn += 1) words.push(word)
    place += Math.max(length, 1)
  }
  return words
}

function common(word: string): string {
  if (!/^[\p{L}\p{N}]/u.test(word)) return 'break'
  if (STOP.has(word)) return 'stop'
  if (ADJECTIVES.has(word) || CIRCUMSTANCES.has(word)) return 'adjective'
  return word.length > 4 && word.endsWith('ing') && !THINGS_IN_ING.has(word) ? 'deed' : 'free'
}

/** A colour word that colours nothing is a thing: "an orange", "a rose and a cat". */
function freeBareColours(words: readonly Word[]): Word[] {
  return words.map((word, index) => {
    if (word.kind !== 'colour' || word.text.includes(' ')) return word
    const after = words[index + 1]?.kind ?? 'break'
    const isThing = index > 0 && ARTICLES.has(words[index - 1]?.text ?? '') && !COLOURED.has(after)
    return isThing ? { text: word.text, kind: 'free', name: '' } : word
  })
}

/** Parts of a thing, said after "with" or as the second of two, name nothing of their own. */
function withoutParts(words: readonly Word[]): Word[] {
  let isWithin = false
  return words.map((word, index) => {
    if (word.text === 'with') isWithin = true
    else if (isWithin && word.kind === 'free') {
      isWithin = PARTS.has(word.text) && words[index + 1]?.kind !== 'free'
      if (isWithin) return { text: word.text, kind: 'adjective', name: '' }
    } else if (['break', 'relation', 'scenery'].includes(word.kind)) isWithin = false
    return word
  })
}

/** Runs of free words, each with the count, colour and size that were said before it. */
function nounPhrases(words: readonly Word[]): NounPhrase[] {
  const found: NounPhrase[] = []
  let count: number | null = null
  let colour: string | null = null
  let size: string | null = null
  const forget = (): void => {
    count = colour = size = null
  }
  for (let place = 0; place < words.length; place += 1) {
    const word = words[place] as Word
    if (word.kind === 'free' && MEASURES.has(word.text) && words[place + 1]?.text === 'of') {
      count = SEVERAL.get(word.text) ?? count
      place += 1
    } else if (word.kind === 'free') {
      let end = place
      while (words[end]?.kind === 'free') end += 1
      const run = words.slice(place, end).map(({ text }) => text)
      // "dreamy ocean": words directly before a scenery describe it and are no things of their own.
      const next = words[end]
      const describes = next !== undefined && DESCRIBED.has(next.kind) && !STOP.has(next.text.split(' ')[0] ?? '')
      if (!describes) {
        const last = run.at(-1) as string
        let first = place
        while (first > 0 && words[first - 1]?.kind === 'adjective') first -= 1
        const manner = words.slice(first, place).map(({ text }) => text)
        found.push({ words: run, start: place, count: count ?? (singular(last) !== last ? 2 : 1), colour, size, manner })
      }
      forget()
      place = end - 1
    } else if (word.kind === 'count') count = Number(word.name)
    else if (word.kind === 'colour') colour = word.name
    else if (word.kind === 'size') size = word.name
    else if (word.kind === 'adjective' && SEVERAL.has(word.text)) count = SEVERAL.get(word.text) ?? null
    else if (!['adjective', 'stop'].includes(word.kind) || JOINING.has(word.text)) forget()
  }
  return found
}
