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
  /** What it shows, where its name does not say it. */
  shows?: string
  keywords?: string[]
}

export interface Sent {
  style: string
  licence: string
  owner: string
  files: NewFile[]
  /** Whether further ones follow; the painter takes all in with the last. */
  more: boolean
}

const path = (style: string): string => `/api/library/${encodeURIComponent(style)}`
const named = (name?: string): string => (name === undefined ? '' : `?${new URLSearchParams({ name })}`)

export const list = (): Promise<OwnStyle[]> => ask('GET', '/api/library')

export const add = (sent: Sent): Promise<Added> => ask('POST', '/api/library', sent)

/** One drawing of a style, or all of it. */
export const remove = (style: string, name?: string): Promise<unknown> => ask('DELETE', `${path(style)}${named(name)}`)

export const drawingUrl = (style: string, name: string): string => `${path(style)}/picture${named(name)}`
