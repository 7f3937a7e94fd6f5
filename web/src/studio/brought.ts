/** Pictures that come from outside: what was dropped or pasted, sorted, and made small enough to be sent. */

import type { Subject } from './subject'

/** What the server opens: in PNG, WebP or JPEG, 8 MB at the most. */
const SENT = ['image/png', 'image/webp', 'image/jpeg']
const LARGEST_BYTES = 8_000_000
const LARGEST_SIDE = 2048
/** What can become a drawing of one's own. */
const DRAWN = /\.(png|webp|svg)$/i
/** A folder may hold more than anybody wants to wait for. */
const MOST_FILES = 5000

export interface Brought {
  files: File[]
  /** Whether they came as a folder: then they are drawings, however few. */
  fromFolder: boolean
  /** The folder's name, or nothing. */
  folder: string
}

export const isPicture = (file: File): boolean => /^image\//.test(file.type) && file.type !== 'image/svg+xml'
export const isDrawing = (file: File): boolean => DRAWN.test(file.name)
/** The table that names drawings, laid beside them. */
export const isTable = (file: File): boolean => /(^|\/)words\.csv$/i.test(file.name)

/** Everything that was dropped, folders opened. Must be called within the event: the list is gone after it. */
export async function dropped(transfer: DataTransfer): Promise<Brought> {
  const entries = [...transfer.items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null))
  const loose = [...transfer.files]
  const folder = entries.find((entry) => entry?.isDirectory)
  if (!folder) return { files: loose, fromFolder: false, folder: '' }
  const files: File[] = []
  for (const entry of entries) if (entry) await gather(entry, files)
  return { files, fromFolder: true, folder: folder.name }
}

/** Files that an input gave; one with `webkitdirectory` says which folder they lay in. */
export function picked(list: FileList | null): Brought {
  const files = [...(list ?? [])]
  const [folder = ''] = (files[0]?.webkitRelativePath ?? '').split('/')
  return { files, fromFolder: folder !== '', folder }
}

async function gather(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (into.length >= MOST_FILES || entry.name.startsWith('.')) return
  if (entry.isFile) {
    const file = await new Promise<File>((found, failed) => (entry as FileSystemFileEntry).file(found, failed))
    if (isDrawing(file) || isTable(file)) into.push(file)
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A reader gives a hundred at a time, and nothing when it is through.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((found, failed) => reader.readEntries(found, failed))
    if (batch.length === 0) return
    for (const each of batch) await gather(each, into)
  }
}

/** A picture from a file, ready to be sent. Throws an Error that says what is wrong with it. */
export async function subjectOf(file: File): Promise<Subject> {
  const image = await createImageBitmap(file).catch(() => null)
  if (!image) throw new Error(`${file.name} cannot be read as a picture.`)
  const { width, height } = image
  const isSmall = file.size <= LARGEST_BYTES && Math.max(width, height) <= LARGEST_SIDE && SENT.includes(file.type)
  // Sent as it is where possible: a picture painted here has its recipe inside.
  const blob = isSmall ? file : await shrunk(image)
  image.close()
  const data = await base64(blob)
  const shown = URL.createObjectURL(blob)
  const scale = isSmall ? 1 : Math.min(1, LARGEST_SIDE / Math.max(width, height))
  return {
    ref: { data },
    words: file.name.replace(/\.\w+$/, '') || 'a picture',
    recipe: null,
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    entry: null,
    url: () => shown,
  }
}

async function shrunk(image: ImageBitmap): Promise<Blob> {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(image.width, image.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width * scale)
  canvas.height = Math.round(image.height * scale)
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/webp', 0.92))
  if (!blob) throw new Error('The picture cannot be made smaller here.')
  return blob
}

export async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let text = ''
  // In pieces: the arguments of a call are limited.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}
