/** A drawing's file as pixels with straight alpha, by the browser's own decoder. */

import type { Pixels } from './resample'

export async function decoded(file: Uint8Array<ArrayBuffer>): Promise<Pixels> {
  const image = await createImageBitmap(new Blob([file]), { premultiplyAlpha: 'none', colorSpaceConversion: 'none' })
  const { width, height } = image
  const paint = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (!paint) throw new Error('This browser gives no canvas to a worker.')
  paint.drawImage(image, 0, 0)
  image.close()
  return { width, height, channels: 4, data: paint.getImageData(0, 0, width, height).data }
}
