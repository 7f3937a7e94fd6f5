/** What can be done with a picture: operations as jobs, and three that answer at once. */

import { ask, askFile } from './http'
import type { Job } from './jobs'

/** A picture that an operation begins with: a kept one, one of a job, or one that is sent along (base64). */
export type PictureRef = { entry: string } | { job: string; index: number } | { data: string }

export interface Described {
  prompts: string[]
  notes: string[]
}

export interface Shortened {
  /** Each word with its influence, 0 to 1. */
  words: { word: string; influence: number }[]
  prompts: string[]
  notes: string[]
}

/** The names of what the server can do with a picture: "vary", "upscale" and more. */
export async function operations(): Promise<Set<string>> {
  const found = await ask<{ name: string }[]>('GET', '/api/operations')
  return new Set(found.map(({ name }) => name))
}

export const operate = (name: string, pictures: PictureRef[], given: Record<string, unknown>): Promise<Job> =>
  ask('POST', `/api/operations/${encodeURIComponent(name)}`, { pictures, arguments: given })

export const describe = (picture: PictureRef): Promise<Described> => ask('POST', '/api/describe', picture)

export const shorten = (prompt: string): Promise<Shortened> => ask('POST', '/api/shorten', { prompt })

/** A picture traced as an SVG; the server refuses one that is not flat, unless it is to be traced all the same. */
export const vector = (picture: PictureRef, force = false): Promise<Blob> =>
  askFile('POST', `/api/vector${force ? '?force=true' : ''}`, picture)
