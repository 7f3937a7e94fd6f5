/** The rack: what is kept in the gallery, as far as it was asked for. Survives a reload because the server keeps it. */

import { effect, signal } from '@preact/signals'
import * as gallery from '../api/gallery'
import type { Entry, Folder } from '../api/gallery'
import { ApiError } from '../api/http'

const SEARCH_MS = 220

export class Rack {
  readonly entries = signal<Entry[]>([])
  readonly words = signal('')
  readonly onlyFavourites = signal(false)
  readonly byMeaning = signal(false)
  readonly folders = signal<Folder[]>([])
  /** The folder that is looked into; null: all pictures, in folders or not. */
  readonly folder = signal<string | null>(null)
  readonly isLoading = signal(false)
  readonly trouble = signal<string | null>(null)
  readonly next = signal<string | null>(null)

  private asked = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly say: (message: string) => void) {
    effect(() => {
      void [this.words.value, this.onlyFavourites.value, this.byMeaning.value, this.folder.value]
      clearTimeout(this.timer)
      this.timer = setTimeout(() => void this.refresh(), SEARCH_MS)
    })
  }

  async refresh(): Promise<void> {
    await Promise.all([this.fetch(null), this.learnFolders()])
  }

  async more(): Promise<void> {
    if (this.next.value && !this.isLoading.value) await this.fetch(this.next.value)
  }

  async like(entry: Pick<Entry, 'id'>, favourite: boolean): Promise<void> {
    this.replace(entry.id, { favourite })
    try {
      await gallery.like(entry.id, favourite)
    } catch (error) {
      this.replace(entry.id, { favourite: !favourite })
      this.say(words(error))
    }
  }

  /** Put pictures into a folder, which is there as soon as something is in it; an empty name takes them out. */
  async move(ids: readonly string[], name: string): Promise<void> {
    const folder = name.trim()
    try {
      for (const id of ids) {
        await gallery.move(id, folder)
        this.replace(id, { folder: folder || null })
      }
      this.say(folder ? `Put into ${folder}.` : 'Taken out of its folder.')
    } catch (error) {
      this.say(words(error))
    }
    // The one that is looked into may be empty now.
    if (this.folder.peek() !== null && this.folder.peek() !== folder) this.folder.value = null
    await this.refresh()
  }

  async remove(entry: Pick<Entry, 'id'>): Promise<void> {
    try {
      await gallery.remove(entry.id)
      this.entries.value = this.entries.value.filter((each) => each.id !== entry.id)
      this.say('Deleted.')
    } catch (error) {
      this.say(words(error))
    }
  }

  private async learnFolders(): Promise<void> {
    try {
      this.folders.value = await gallery.folders()
    } catch {
      // What went wrong with the gallery is told by the pictures that are missing.
    }
  }

  private replace(id: string, change: Partial<Entry>): void {
    this.entries.value = this.entries.value.map((each) => (each.id === id ? { ...each, ...change } : each))
  }

  private async fetch(before: string | null): Promise<void> {
    const ticket = ++this.asked
    this.isLoading.value = true
    try {
      const page = await gallery.list({
        words: this.words.peek().trim(),
        byMeaning: this.byMeaning.peek(),
        favourite: this.onlyFavourites.peek(),
        folder: this.folder.peek(),
        before,
      })
      // An answer to an older question never overtakes a newer one.
      if (ticket !== this.asked) return
      const known = new Set(before ? this.entries.value.map((each) => each.id) : [])
      const fresh = page.entries.filter((each) => !known.has(each.id))
      this.entries.value = before ? [...this.entries.value, ...fresh] : page.entries
      this.next.value = page.next
      this.trouble.value = null
    } catch (error) {
      if (ticket === this.asked) this.trouble.value = words(error)
    } finally {
      if (ticket === this.asked) this.isLoading.value = false
    }
  }
}

export function words(error: unknown): string {
  if (error instanceof ApiError) return error.isGone ? 'The server is away; what is kept there cannot be reached.' : error.message
  return error instanceof Error ? error.message : String(error)
}
