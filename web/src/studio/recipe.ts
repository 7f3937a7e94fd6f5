/** A picture's recipe as the engine writes it: the parts of it that the page reads. */

export interface Reference {
  name: string
  style: string
  licence: string
  source: string
  version?: string
  sha256?: string
  for?: string
  score?: number
  boxes?: [number, number, number, number][]
  /** Of one of your own drawings: whose it is. */
  owner?: string
  /** One that its parents were shown, and it was not. */
  inherited?: boolean
}

export interface Sketched {
  for: string
  as: string
  style: string
  sureness: number
  boxes: [number, number, number, number][]
}

export interface Done {
  kind: string
  arguments: Record<string, unknown>
}

export interface Recipe {
  prompt: string
  /** Where the words have several parts: each with its weight; they add up to 1. */
  parts?: [string, number][]
  seed: number
  steps: number
  guidance_scale?: number
  memory?: number
  size?: [number, number]
  style?: string
  negative?: string
  references?: Reference[]
  /** What the prior drew from the words alone. */
  sketched?: Sketched[]
  model?: { name: string; sha256: string; licence?: string }
  backend?: string
  version?: string
  unread?: string
  notes?: string[]
  /** What made it of other pictures. */
  operation?: Done
  parents?: string[]
  /** The recipes of all its forebears, by identity. */
  ancestry?: Record<string, Recipe>
  given?: { name?: string }
  [key: string]: unknown
}

/** The words that paint a recipe again: its parts with their weights, its style and its shape. */
export function promptOf(recipe: Recipe): string {
  const parts = recipe.parts ?? []
  const words = parts.length > 1 ? parts.map(([text, weight]) => `${text}::${Number(weight.toFixed(4))}`).join(' ') : recipe.prompt
  const [width, height] = recipe.size ?? [1, 1]
  return [
    words,
    recipe.negative ? `--no ${recipe.negative}` : '',
    recipe.style ? `--style ${recipe.style.replaceAll(' ', '-')}` : '',
    width === height ? '' : `--ar ${ratio(width, height)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

function ratio(width: number, height: number): string {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b))
  const divisor = common(width, height)
  return `${width / divisor}:${height / divisor}`
}

export interface Credit {
  /** The drawing's name, as "red apple". */
  name: string
  style: string
  licence: string
  source: string
  /** The prompt's words that called for it. */
  words: string[]
  owner: string
  isInherited: boolean
}

/** Whose drawings informed a picture, each drawing once, in the recipe's order. */
export function credits(recipe: Recipe | null | undefined): Credit[] {
  const found = new Map<string, Credit>()
  for (const each of recipe?.references ?? []) {
    const key = each.sha256 ?? `${each.source}/${each.name}/${each.style}`
    const known = found.get(key)
    const words = each.for ? [each.for] : []
    if (known) known.words.push(...words.filter((word) => !known.words.includes(word)))
    else {
      const { name, style, licence, source, owner = '', inherited = false } = each
      found.set(key, { name, style, licence, source, words, owner, isInherited: inherited })
    }
  }
  return [...found.values()]
}

const LICENCES: Record<string, string> = {
  'Apache-2.0': 'https://www.apache.org/licenses/LICENSE-2.0',
  MIT: 'https://opensource.org/license/mit',
  'CC-BY-4.0': 'https://creativecommons.org/licenses/by/4.0/',
  'CC-BY-3.0': 'https://creativecommons.org/licenses/by/3.0/',
  'CC0-1.0': 'https://creativecommons.org/publicdomain/zero/1.0/',
}

/** Where a licence can be read, if it is one of those the library uses. */
export function licenceUrl(spdx: string): string | undefined {
  return LICENCES[spdx]
}
