/** Pictures as files: what is on the wall with its recipe inside, and what is kept as the server gives it. */

import { vector } from '../api/operations'
import { withText } from './png'
import type { Studio } from './studio'
import type { Subject } from './subject'
import { wordsOf } from './workshop'

export async function downloadWall(studio: Studio, format: 'png' | 'webp'): Promise<void> {
  const finished = studio.easel.finished.value
  const blob = finished && (await wallFile(studio, format))
  if (!finished || !blob) return studio.say('There is no finished picture yet.')
  save(URL.createObjectURL(blob), `${slug(finished.recipe.prompt)}-${finished.recipe.seed}.${format}`)
}

async function wallFile(studio: Studio, format: 'png' | 'webp'): Promise<Blob | null> {
  const finished = studio.easel.finished.value
  if (!finished) return null
  if (format === 'webp' && finished.file) return finished.file
  const pixels = finished.file ? await native(finished.file) : await studio.wall?.toBlob(`image/${format}`)
  if (!pixels || format === 'webp') return pixels ?? null
  const png = withText(new Uint8Array(await pixels.arrayBuffer()), 'allaprima', JSON.stringify(finished.recipe))
  return new Blob([png], { type: 'image/png' })
}

/** The painter's own file as PNG at its own size. */
async function native(file: Blob): Promise<Blob | null> {
  const image = await createImageBitmap(file)
  const canvas = document.createElement('canvas')
  canvas.width = image.width
  canvas.height = image.height
  canvas.getContext('2d')?.drawImage(image, 0, 0)
  image.close()
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
}

/** A picture of the server's as a file; `force` traces a shaded one as well. */
export async function saveAs(studio: Studio, subject: Subject, format: 'png' | 'webp' | 'svg', force = false): Promise<void> {
  const seed = subject.recipe ? `-${subject.recipe.seed}` : ''
  const name = `${slug(subject.words)}${seed}.${format}`
  if (format !== 'svg') return save(subject.url(format), name)
  try {
    save(URL.createObjectURL(await vector(subject.ref, force)), name)
  } catch (error) {
    studio.workshop.fail(wordsOf(error))
  }
}

export function save(url: string, name: string): void {
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  if (url.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A file name's worth of a prompt. */
export function slug(text: string, longest = 48): string {
  const words = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().match(/[a-z0-9]+/g) ?? []
  let name = ''
  for (const word of words) {
    if (name && name.length + 1 + word.length > longest) break
    name = name ? `${name}-${word}` : word.slice(0, longest)
  }
  return name || 'picture'
}
