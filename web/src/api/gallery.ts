/** The gallery as the server keeps it. The one place that knows its addresses and field names. */

import type { Recipe } from '../studio/recipe'
import { ask, askFile } from './http'

export interface Entry {
  id: string
  words: string
  /** Seconds since 1970. */
  created: number
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
  /** Whether `words` say what it should be about, instead of being looked for letter by letter. */
  byMeaning?: boolean
  favourite?: boolean
  /** Only what is in this folder. */
  folder?: string | null
  before?: string | null
  limit?: number
}

interface Raw extends Omit<Entry, 'folder'> {
  folder: string
}

interface RawPage {
  pictures: Raw[]
  next: string | null
}

export async function list({ words, byMeaning, favourite, folder, before, limit = 48 }: Query = {}): Promise<Page> {
  const query = new URLSearchParams({ limit: String(limit) })
  if (words) query.set(byMeaning ? 'meaning' : 'query', words)
  if (favourite) query.set('favourite', 'true')
  if (folder) query.set('folder', folder)
  if (before) query.set('before', before)
  const page = await ask<RawPage>('GET', `/api/gallery?${query}`)
  return { entries: page.pictures.map((each) => ({ ...each, folder: each.folder || null })), next: page.next }
}

export const like = (id: string, favourite: boolean): Promise<unknown> =>
  ask('PATCH', `/api/gallery/${encodeURIComponent(id)}`, { favourite })

export interface Folder {
  name: string
  /** Pictures in it. */
  count: number
}

export const folders = (): Promise<Folder[]> => ask('GET', '/api/gallery/folders')

/** Put a picture into a folder; an empty name takes it out of the one it is in. */
export const move = (id: string, folder: string): Promise<unknown> => ask('PATCH', `/api/gallery/${encodeURIComponent(id)}`, { folder })

export const remove = (id: string): Promise<unknown> => ask('DELETE', `/api/gallery/${encodeURIComponent(id)}`)

/** Kept pictures as one zip. */
export const exported = (ids: string[]): Promise<Blob> => askFile('POST', '/api/gallery/export', { ids })

export function pictureUrl(id: string, format?: 'png' | 'webp'): string {
  const path = `/api/gallery/${encodeURIComponent(id)}/picture`
  return format ? `${path}?format=${format}` : path
}
