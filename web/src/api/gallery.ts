/** The gallery as the server keeps it. The one place that knows its addresses and field names. */

import type { Recipe } from '../studio/recipe'
import { ask } from './http'

export interface Entry {
  id: string
  words: string
  created: string
  width: number
  height: number
  favourite: boolean
  folder: string | null
  recipe: Recipe
}

export interface Page {
  entries: Entry[]
  /** Ask with it as `before` for what follows; null at the end. */
  next: string | null
}

export interface Query {
  words?: string
  favourite?: boolean
  before?: string | null
  limit?: number
}

interface RawEntry extends Partial<Omit<Entry, 'created'>> {
  id: string
  created?: string | number
  prompt?: string
  recipe?: Recipe
}

interface RawPage {
  entries?: RawEntry[]
  next?: string | null
}

export async function list({ words, favourite, before, limit = 48 }: Query = {}): Promise<Page> {
  const query = new URLSearchParams({ limit: String(limit) })
  if (words) query.set('query', words)
  if (favourite) query.set('favourite', 'true')
  if (before) query.set('before', before)
  const page = await ask<RawPage>('GET', `/api/gallery?${query}`)
  return { entries: (page.entries ?? []).map(entry), next: page.next ?? null }
}

export const like = (id: string, favourite: boolean): Promise<unknown> =>
  ask('PATCH', `/api/gallery/${encodeURIComponent(id)}`, { favourite })

export const remove = (id: string): Promise<unknown> => ask('DELETE', `/api/gallery/${encodeURIComponent(id)}`)

export function pictureUrl(id: string, format?: 'png' | 'webp'): string {
  const path = `/api/gallery/${encodeURIComponent(id)}/picture`
  return format ? `${path}?format=${format}` : path
}

function entry(raw: RawEntry): Entry {
  const recipe = raw.recipe ?? { prompt: raw.words ?? raw.prompt ?? '', seed: 0, steps: 0 }
  const [width, height] = recipe.size ?? [256, 256]
  return {
    id: raw.id,
    words: raw.words ?? raw.prompt ?? recipe.prompt,
    created: typeof raw.created === 'number' ? new Date(raw.created * 1000).toISOString() : (raw.created ?? ''),
    width: raw.width ?? width,
    height: raw.height ?? height,
    favourite: raw.favourite ?? false,
    folder: raw.folder ?? null,
    recipe,
  }
}
