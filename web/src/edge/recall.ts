/**
 * Which drawings of the library a prompt calls to mind, by the engine's rules: noun phrases are looked up by their exact
 * words first and by meaning where that fails; a phrase's best match wins, and no word is used twice.
 */

import type { Drawing, Library, Match } from './library'
import { singular, type NounPhrase, type Said, type Word } from './phrases'
import type { Generator } from './random'
import tables from './words.json'

/** A thing of the prompt with the concept it means. */
export interface Thing {
  /** The prompt's own words. */
  text: string
  match: Match
  /** Index of its first word among the words. */
  start: number
  count: number
  colour: string | null
  size: string | null
  isExact: boolean
}

export interface Chosen extends Thing {
  drawing: Drawing
}

/** Unit vectors of texts. */
export type Encode = (texts: string[]) => Promise<Float32Array[]>

const MOST_THINGS = 4
export const MOST_KINDS = 3
/** Cosine below which two phrases are taken to mean different things. */
const LIKENESS = 0.62
/** Below this a keyword says too little of what the drawing shows. */
const KEYWORD_FLOOR = 0.7
const LONGEST = 4
/** Scores of a plural and its singular that are less than this apart. */
const AS_NEAR = 0.055
const MUCH_OFTENER = 2
const INNER = new Set(['free', 'deed', 'colour', 'size', 'adjective', 'stop'])
const JOINS = new Set(tables.joins)

interface Candidate {
  score: number
  thing: Thing
  from: number
  to: number
}

/** The things of a prompt that the library knows, in the prompt's order. */
export async function recall(said: Said, library: Library, encode: Encode): Promise<Thing[]> {
  const best = (a: Candidate, b: Candidate): number => b.score - a.score || a.thing.start - b.thing.start
  const scored = exact(said, library).sort(best)
  // A phrase of one plain word that the library has needs no second opinion, and so no encoder.
  const sure = new Set<number>()
  for (const { score, from, to } of scored) {
    if (score >= 1) for (let place = from; place < to; place += 1) sure.add(place)
    if (to - from === 1 && isPlain(said, from)) sure.add(from)
  }
  const asked = said.phrases
    .filter(({ start, words }) => !words.some((_, index) => sure.has(start + index)))
    // What has an exact match was looked up already; meaning is asked about the rest.
    .map((phrase) => ({ phrase, texts: textsOf(phrase).filter((text) => library.exact(text) === null) }))
    .filter(({ texts }) => texts.length > 0)
  const texts = [...new Set(asked.flatMap((each) => each.texts))]
  const vectors = texts.length > 0 ? await encode(texts) : []
  const found = new Map(texts.map((text, index) => [text, library.nearest(vectors[index] as Float32Array)]))
  for (const { phrase, texts } of asked) {
    let nearest: { match: Match; text: string } | null = null
    for (const text of texts) {
      const match = found.get(text)
      if (match && (!nearest || match.score > nearest.match.score)) nearest = { match, text }
    }
    if (!nearest) continue
    const { start, count, colour, size, words } = phrase
    const thing = { ...nearest, start, count, colour, size, isExact: false }
    scored.push({ score: nearest.match.score, thing, from: start, to: start + words.length })
  }
  return within(settled(scored.sort(best)))
}

/** Give each thing its drawing: in the style asked for if there is one, else all in one drawn by lot. */
export function choose(things: readonly Thing[], library: Library, style: string | null, rng: Generator): Chosen[] {
  const drawings = things.map(({ match }) => library.byConcept.get(match.concept) ?? [])
  const order = rng.permutation(tables.plain_styles.length).map((index) => tables.plain_styles[index] as string)
  // The styles that most of the things exist in go first, so that one picture speaks one language.
  const shared = (name: string): number => drawings.filter((each) => each.some((drawing) => drawing.style === name)).length
  order.sort((a, b) => shared(b) - shared(a))
  if (style !== null) order.unshift(style)
  const rank = ({ style: name }: Drawing): number => (order.includes(name) ? order.indexOf(name) : order.length)
  return things.map((thing, index) => {
    const each = drawings[index] as Drawing[]
    const first = Math.min(...each.map(rank))
    const pool = each.filter((drawing) => rank(drawing) === first)
    return { ...thing, drawing: pool[rng.integer(pool.length)] as Drawing }
  })
}

/** Of candidates, best first, those that are sure enough and share no word; the best few in the prompt's order. */
function settled(candidates: readonly Candidate[]): Thing[] {
  const used = new Set<number>()
  const found: Thing[] = []
  for (const { thing, from, to } of candidates) {
    const places = Array.from({ length: to - from }, (_, index) => from + index)
    if (thing.match.score < (thing.isExact ? KEYWORD_FLOOR : LIKENESS) || places.some((place) => used.has(place))) continue
    for (const place of places) used.add(place)
    found.push(thing)
  }
  return found.slice(0, MOST_KINDS).sort((a, b) => a.start - b.start)
}

/**
 * Of what words mean as they stand and what their last word's singular means: as they stand, unless the singular alone is
 * drawn in full, is nearer to a name, or is as near and drawn far more often.
 */
function likelier(stands: Match | null, one: Match | null, library: Library, style: string | null): Match | null {
  if (!stands || !one || stands.concept === one.concept) return stands ?? one
  const drawn = library.isDrawn(stands.concept, style)
  if (drawn !== library.isDrawn(one.concept, style)) return drawn ? stands : one
  const count = (match: Match) => library.byConcept.get(match.concept)?.length ?? 0
  const nearer = one.score - stands.score
  return nearer > AS_NEAR || (count(one) >= MUCH_OFTENER * count(stands) && nearer >= -AS_NEAR) ? one : stands
}

/** Every run of up to `LONGEST` words that is a phrase of the library; longer runs score more. */
function exact(said: Said, library: Library): Candidate[] {
  const { words, phrases } = said
  const found: Candidate[] = []
  for (let from = 0; from < words.length; from += 1) {
    for (let to = from + 1; to <= Math.min(from + LONGEST, words.length); to += 1) {
      const run = words.slice(from, to)
      if (!mayName(run) || (to - from === 1 && !isHead(said, from))) continue
      const text = run.filter((word, index) => index === 0 || run[index - 1] !== word).map((word) => word.text).join(' ')
      const cut = text.lastIndexOf(' ') + 1
      const ones = text.slice(0, cut) + singular(text.slice(cut))
      const match = likelier(library.exact(text, said.style), library.exact(ones, said.style), library, said.style)
      if (!match) continue
      const phrase = phrases.find((each) => {
        const head = each.start + each.words.length - 1
        return from <= head && head < to
      })
      const { count, colour, size } = phrase ?? { count: 1, colour: null, size: null }
      const thing = { text, match, start: from, count, colour, size, isExact: true }
      found.push({ score: match.score + 0.1 * (to - from - 1), thing, from, to })
    }
  }
  return found
}

/** What a noun phrase is looked for by: its last words, then all, then its manner. */
function textsOf({ words, manner }: NounPhrase): string[] {
  const ones = [...words.slice(0, -1), singular(words.at(-1) as string)]
  const texts = [1, 2, 3].filter((length) => length <= ones.length).map((length) => ones.slice(-length).join(' '))
  return manner.length > 0 ? [...texts, [...manner, ...ones].join(' ')] : texts
}

/** Whether the noun phrase at `place` is that word alone, with no adjective to change its meaning. */
function isPlain({ phrases }: Said, place: number): boolean {
  return phrases.some(({ start, words, manner }) => start === place && words.length === 1 && manner.length === 0)
}

/** Whether a run can name a thing: it has a word of its own; scenery and style words are none. */
function mayName(run: readonly Word[]): boolean {
  const [first, last] = [run[0] as Word, run.at(-1) as Word]
  if (['stop', 'relation', 'count'].includes(first.kind) || !['free', 'deed', 'colour'].includes(last.kind)) return false
  return run.every(({ kind, text }) => INNER.has(kind) || JOINS.has(text)) && run.some(({ kind }) => kind === 'free')
}

function isHead({ phrases }: Said, place: number): boolean {
  return phrases.some(({ start, words }) => place === start + words.length - 1)
}

/** Counts cut so that all things together fit the picture, each at least once. */
export function within<T extends Thing>(things: readonly T[]): T[] {
  let room = MOST_THINGS - things.length
  return things.map((thing) => {
    const extra = Math.min(Math.max(thing.count - 1, 0), room)
    room -= extra
    return { ...thing, count: 1 + extra }
  })
}
