/** Your own drawings: listed, sent in portions that the server takes, removed. Knows nothing of markup. */

import { batch, signal } from '@preact/signals'
import * as library from '../api/library'
import type { Added, OwnStyle } from '../api/library'
import { base64, isDrawing, isTable, type Brought } from './brought'
import { wordsOf } from './workshop'

/** Of one request, before base64 makes it a third larger; small, so that the server is not held up by any. */
const PORTION_BYTES = 3_000_000
const PORTION_FILES = 200

export interface Sending {
  done: number
  all: number
}

export class Drawings {
  readonly styles = signal<OwnStyle[] | null>(null)
  readonly sending = signal<Sending | null>(null)
  readonly trouble = signal<string | null>(null)
  /** What became of the last that were sent. */
  readonly added = signal<Added | null>(null)

  async refresh(): Promise<void> {
    try {
      this.styles.value = await library.list()
    } catch (error) {
      this.trouble.value = wordsOf(error)
    }
  }

  /** Send drawings; whether all portions were taken. A table beside them goes with each portion. */
  async add(brought: Brought, style: string, licence: string, owner: string): Promise<boolean> {
    const drawings = brought.files.filter(isDrawing)
    const tables = brought.files.filter(isTable)
    batch(() => {
      this.trouble.value = null
      this.added.value = null
      this.sending.value = { done: 0, all: drawings.length }
    })
    const sum: Added = { style, total: 0, names: [], skipped: [], notes: [] }
    try {
      const said = table((await Promise.all(tables.map((file) => file.text()))).join('\n'))
      let left = drawings.length
      for (const portion of portions(drawings)) {
        left -= portion.length
        const files = await Promise.all(
          portion.map(async (file) => ({ name: file.name, data: await base64(file), ...(said.get(file.name) ?? {}) })),
        )
        const answer = await library.add({ style, licence, owner, files, more: left > 0 })
        sum.style = answer.style
        sum.total = answer.total
        sum.names.push(...answer.names)
        sum.skipped.push(...answer.skipped)
        sum.notes.push(...answer.notes.filter((note) => !sum.notes.includes(note)))
        this.sending.value = { done: (this.sending.value?.done ?? 0) + portion.length, all: drawings.length }
      }
      this.added.value = sum
      return true
    } catch (error) {
      this.trouble.value = wordsOf(error)
      return false
    } finally {
      this.sending.value = null
      await this.refresh()
    }
  }

  async remove(style: string, name?: string): Promise<void> {
    this.trouble.value = null
    try {
      await library.remove(style, name)
    } catch (error) {
      this.trouble.value = wordsOf(error)
    }
    await this.refresh()
  }
}

/** What a words.csv says of each file: file, name, then keywords in further columns or with semicolons between them. */
export function table(csv: string): Map<string, { shows: string; keywords: string[] }> {
  const found = new Map<string, { shows: string; keywords: string[] }>()
  for (const line of csv.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain ?? '').trim())
    const [file = '', shows = '', ...rest] = cells
    if (!file || !shows || /^(file|filename|path)$/i.test(file)) continue
    // A path within the folder: files are known here by their names alone.
    found.set(file.split('/').pop() ?? file, { shows, keywords: rest.flatMap((cell) => cell.split(';')).map((word) => word.trim()).filter(Boolean) })
  }
  return found
}

export function* portions(files: readonly File[]): Generator<File[]> {
  let portion: File[] = []
  let bytes = 0
  for (const file of files) {
    if (portion.length > 0 && (bytes + file.size > PORTION_BYTES || portion.length >= PORTION_FILES)) {
      yield portion
      portion = []
      bytes = 0
    }
    portion.push(file)
    bytes += file.size
  }
  if (portion.length > 0) yield portion
}
