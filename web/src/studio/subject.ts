/** A picture that something can be done with: one of the four, a kept one, or one that somebody brought. */

import { pictureUrl, type Entry } from '../api/gallery'
import type { Job, JobPicture } from '../api/jobs'
import type { PictureRef } from '../api/operations'
import { promptOf, type Recipe } from './recipe'

export interface Subject {
  ref: PictureRef
  /** What it shows, in words; for one that was brought, its file's name. */
  words: string
  /** Null for a picture that was brought. */
  recipe: Recipe | null
  width: number
  height: number
  /** Its id in the gallery. */
  entry: string | null
  url: (format?: 'png' | 'webp') => string
  /** Seconds since 1970, of a kept one. */
  created?: number
}

export function ofEntry(entry: Entry): Subject {
  return {
    ref: { entry: entry.id },
    words: entry.words,
    recipe: entry.recipe,
    width: entry.width,
    height: entry.height,
    entry: entry.id,
    url: (format) => pictureUrl(entry.id, format),
    created: entry.created,
  }
}

export function ofStudy(job: Job, picture: JobPicture): Subject {
  const { entry, index, recipe, width, height } = picture
  return {
    ref: entry ? { entry } : { job: job.id, index },
    words: recipe.prompt,
    recipe,
    width,
    height,
    entry,
    url: (format) => (entry ? pictureUrl(entry, format) : `${picture.url.split('?')[0]}${format ? `?format=${format}` : ''}`),
    created: job.created,
  }
}

/** The prompt that paints it again, to be edited; nothing for one that was brought. */
export const promptFor = ({ recipe }: Subject): string => (recipe ? promptOf(recipe) : '')
