/** Your own drawings as the server keeps them. The one place that knows its addresses and field names. */

import { ask } from './http'

export interface Drawing {
  name: string
  words: string[]
}

export interface OwnStyle {
  style: string
  licence: string
  owner: string
  drawings: Drawing[]
}

/** What became of what was sent. */
export interface Added {
  style: string
  /** Drawings that the style has now. */
  total: number
  names: string[]
  /** File and reason. */
  skipped: [string, string][]
  notes: string[]
}

export interface NewFile {
  name: string
  /** Base64. */
  data: string
}

const path = (style: string, name?: string): string =>
  `/api/library/${encodeURIComponent(style)}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`

export const list = (): Promise<OwnStyle[]> => ask('GET', '/api/library')

export const add = (style: string, licence: string, owner: string, files: NewFile[]): Promise<Added> =>
  ask('POST', '/api/library', { style, licence, owner, files })

export const remove = (style: string, name?: string): Promise<unknown> => ask('DELETE', path(style, name))

export const drawingUrl = (style: string, name: string): string => `${path(style, name)}/picture`
