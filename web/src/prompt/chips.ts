/** What was understood of a prompt, as short labels with their meanings. Knows nothing of how they look. */

import type { Parameter, Understood } from '../api/understand'

export type ChipKind = 'jobs' | 'weight' | 'letters' | 'negative' | 'style' | 'aspect' | 'reference' | 'parameter'

export interface Chip {
  kind: ChipKind
  title: string
  value: string
  meaning: string
  /** Where it stands in the prompt, if at one place. */
  start?: number
  end?: number
  /** Whether it does nothing here. */
  idle?: boolean
}

const TITLES: Record<string, string> = { no: 'without', aspect: 'shape', raw: 'plain', profile: 'taste' }
const REFERENCES = new Set(['sref', 'cref', 'oref', 'edit', 'end'])
const REFERENCE_TITLES: Record<string, string> = { sref: 'style of', cref: 'character', oref: 'object', edit: 'changes', end: 'ends as' }

export function chipsOf(read: Understood): Chip[] {
  return [...jobs(read), ...images(read), ...weights(read), ...letters(read), ...read.parameters.flatMap((each) => chips(each, read))]
}

function jobs({ jobs: count }: Understood): Chip[] {
  if (count < 2) return []
  return [{ kind: 'jobs', title: `${count} prompts`, value: '', meaning: 'The braces make so many prompts; live, the first is painted.' }]
}

function images({ images: found, spans }: Understood): Chip[] {
  const places = spans.filter(({ kind }) => kind === 'picture')
  return found.map(({ ref, weight }, index) => ({
    kind: 'reference' as const,
    title: 'picture',
    value: `${short(ref)}${weight === 1 ? '' : ` ×${number(weight)}`}`,
    meaning: 'The picture begins from this one.',
    ...(found.length === places.length ? at(places[index]) : {}),
  }))
}

/** Parts of different weights; a single one needs no chip. */
function weights({ text }: Understood): Chip[] {
  if (text.length < 2) return []
  return text.map(({ text: words, weight, normalised }) => ({
    kind: weight < 0 ? ('negative' as const) : ('weight' as const),
    title: short(words, 28),
    value: `${Math.round(normalised * 100)} %`,
    meaning:
      weight < 0
        ? `Weighs ${number(weight)}: the picture is led away from it.`
        : `Weighs ${number(weight)}: ${Math.round(normalised * 100)} of 100 of what all the words say together.`,
  }))
}

function letters({ spans, prompt }: Understood): Chip[] {
  return spans
    .filter(({ kind }) => kind === 'quote')
    .map((span) => ({
      kind: 'letters' as const,
      title: 'letters',
      value: short(prompt.slice(span.start + 1, span.end - 1)),
      meaning: 'In quotation marks: to be written in the picture.',
      ...at(span),
    }))
}

function chips(parameter: Parameter, read: Understood): Chip[] {
  const { name, value, meaning, here, idle } = parameter
  const first = read.spans.findIndex((span) => span.name === name && span.kind === 'parameter')
  const span = read.spans[first]
  const next = read.spans[first + 1]
  const end = next?.kind === 'value' && next.name === name ? next.end : span?.end
  const place = span && end !== undefined ? { start: span.start, end } : {}
  const base = { meaning: here && !idle ? `${meaning} ${here}` : meaning, idle, ...place }
  if (name === 'no' && Array.isArray(value)) {
    return value.map((each) => ({ ...base, kind: 'negative' as const, title: 'without', value: String(each) }))
  }
  if (REFERENCES.has(name) && Array.isArray(value)) {
    return value.map((each) => ({ ...base, kind: 'reference' as const, title: REFERENCE_TITLES[name] ?? name, value: reference(each) }))
  }
  const kind = name === 'style' ? 'style' : name === 'aspect' ? 'aspect' : 'parameter'
  return [{ ...base, kind, title: TITLES[name] ?? name, value: shown(value) }]
}

const at = (span: { start: number; end: number } | undefined): { start: number; end: number } | object =>
  span ? { start: span.start, end: span.end } : {}

function reference(value: unknown): string {
  const { ref, weight } = value as { ref?: string; weight?: number }
  return `${short(String(ref ?? value))}${weight === undefined || weight === 1 ? '' : ` ×${number(weight)}`}`
}

function shown(value: unknown): string {
  if (value === true) return ''
  if (Array.isArray(value)) return value.map(reference).join(', ')
  return String(value)
}

const number = (value: number): string => String(Number(value.toFixed(2)))

/** Its end is what tells an address from another. */
function short(text: string, most = 24): string {
  if (text.length <= most) return text
  return /^https?:/.test(text) ? `…${text.slice(1 - most)}` : `${text.slice(0, most - 1)}…`
}
