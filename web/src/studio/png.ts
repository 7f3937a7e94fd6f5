/** A text chunk in a PNG file, so that a picture carries its recipe wherever it goes. */

const SIGNATURE_BYTES = 8
const HEADER_CHUNK_BYTES = 25

/** `png` with an international text chunk (iTXt) after its header; the same chunk that the engine writes and reads. */
export function withText(png: Uint8Array, key: string, text: string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  // Keyword, end; not compressed, method; no language, end; no translated keyword, end; the text.
  const body = [...encoder.encode(key), 0, 0, 0, 0, 0, ...encoder.encode(text)]
  const chunk = new Uint8Array(12 + body.length)
  const view = new DataView(chunk.buffer)
  view.setUint32(0, body.length)
  chunk.set(encoder.encode('iTXt'), 4)
  chunk.set(body, 8)
  view.setUint32(8 + body.length, crc32(chunk.subarray(4, 8 + body.length)))
  const at = SIGNATURE_BYTES + HEADER_CHUNK_BYTES
  const out = new Uint8Array(png.length + chunk.length)
  out.set(png.subarray(0, at))
  out.set(chunk, at)
  out.set(png.subarray(at), at + chunk.length)
  return out
}

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
