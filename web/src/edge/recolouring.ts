/**
 * A recalled drawing in the colour that the prompt asks for, before it enters the collage: the engine's recolouring, in
 * the same whole numbers. Only the main hue is turned; eyes, outlines and shading stay. Knows nothing of prompts.
 */

import { clip } from './layout'
import type { Pixels } from './resample'
import { rounded } from './shapes'
import tables from './words.json'

type Rgb = [number, number, number]

const RGB = new Map(Object.entries(tables.colour_rgb) as [string, Rgb][])
const NAMES = [...RGB.keys()]
const VIVID = new Set(tables.vivid)
const SOURCES = tables.recoloured
/** Of a drawing; a hue that covers less is a detail. */
const LEAST = 0.2
/** Of a drawing already in the colour asked for. */
const ENOUGH = 0.5
const SOLID = 128

/** The drawing with its main hue turned to `colour`; as it is where that is not asked, not needed or of no use. */
export function recoloured(picture: Pixels, colour: string | null): Pixels {
  if (colour === null) return picture
  const before = shares(picture)
  const share = (name: string): number => before.get(name) ?? 0
  const source = SOURCES.reduce((best, name) => (share(name) > share(best) ? name : best))
  if (source === colour || share(colour) >= ENOUGH || share(source) < LEAST) return picture
  const turned = recolour(picture, source, colour)
  return (shares(turned).get(colour) ?? 0) > share(colour) ? turned : picture
}

/** The colour name a person would give this sRGB colour (0..255). */
function nameOf(colour: Rgb): string {
  const [turn, saturation, value] = hsv(colour)
  const hue = turn * 360
  if (value < 0.22) return 'black'
  if (saturation < 0.14 || saturation * value < 0.1) return value > 0.86 ? 'white' : value < 0.3 ? 'black' : 'grey'
  if (hue < 12 || hue >= 344) return saturation < 0.55 && value > 0.75 ? 'pink' : value < 0.42 ? 'brown' : 'red'
  if (hue < 41) {
    if (value < 0.66 || (saturation < 0.6 && value < 0.75)) return 'brown'
    return saturation < 0.5 ? 'beige' : hue < 16 ? 'red' : 'orange'
  }
  if (hue < 68) return value < 0.5 ? 'brown' : saturation < 0.32 ? 'beige' : 'yellow'
  if (hue < 163) return 'green'
  if (hue < 192) return 'turquoise'
  if (hue < 252) return 'blue'
  return hue < 292 || value < 0.5 ? 'purple' : 'pink'
}

/** The share of each colour name among the solid pixels, colours taken in steps of eight. */
function shares({ data }: Pixels): Map<string, number> {
  const counts = new Map<string, number>()
  const known = new Map<number, string>()
  let total = 0
  for (let i = 0; i < data.length; i += 4) {
    if ((data[i + 3] as number) <= SOLID) continue
    const [r, g, b] = [data[i], data[i + 1], data[i + 2]].map((level) => (level as number) >> 3) as Rgb
    const key = (r << 10) | (g << 5) | b
    const name = known.get(key) ?? nameOf([r * 8 + 4, g * 8 + 4, b * 8 + 4])
    known.set(key, name)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    total += 1
  }
  return new Map(NAMES.map((name) => [name, total > 0 ? (counts.get(name) ?? 0) / total : 0]))
}

/** The drawing with its `source`-coloured parts turned to `target`, shading kept. */
function recolour(picture: Pixels, source: string, target: string): Pixels {
  const { data } = picture
  const area = picture.width * picture.height
  const levels = new Uint8Array(area * 3)
  for (let i = 0; i < area; i += 1) levels.set(hsvBytes([data[i * 4] as number, data[i * 4 + 1] as number, data[i * 4 + 2] as number]), i * 3)
  const [hueFrom] = named(source)
  const [hueTo, satTo, valTo] = named(target)
  // Fully turned within 26 steps (37 degrees) of the main hue, fading out over the next 12.
  const turned = Float64Array.from({ length: area }, (_, i) => {
    const distance = Math.abs(around((levels[i * 3] as number) - hueFrom))
    return clip((38 - distance) / 12, 0, 1) * clip(((levels[i * 3 + 1] as number) - 25) / 40, 0, 1)
  })
  const inside = [...turned.keys()].filter((i) => (turned[i] as number) > 0.5 && (data[i * 4 + 3] as number) > SOLID)
  if (inside.length === 0) return picture
  const middle = (channel: number): number => Math.max(median(inside.map((i) => levels[i * 3 + channel] as number)), 1)
  const [middleS, middleV] = [middle(1), middle(2)]
  // Shades keep their order around the middle one, which becomes the target's; a grey target has no hue to keep.
  const kept = VIVID.has(target) ? 0.3 : 0
  const made = new Uint8ClampedArray(data)
  for (let i = 0; i < area; i += 1) {
    const share = Math.fround(turned[i] as number)
    if (share === 0) continue
    const [h, s, v] = [levels[i * 3], levels[i * 3 + 1], levels[i * 3 + 2]] as Rgb
    const saturation = Math.trunc(clip(s * (kept + ((1 - kept) * satTo) / middleS), 0, 255))
    const value = Math.trunc(clip(v * (0.35 + (0.65 * valTo) / middleV), 0, 255))
    const hue = modulo(hueTo + Math.floor(clip(around(h - hueFrom), -30, 30) / 3), 256)
    const fresh = rgbBytes([hue, saturation, value])
    for (let c = 0; c < 3; c += 1) {
      const old = data[i * 4 + c] as number
      made[i * 4 + c] = rounded(Math.fround(old + Math.fround(((fresh[c] as number) - old) * share)))
    }
  }
  return { ...picture, data: made }
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by
/** A difference of hues, -128 to 127. */
const around = (difference: number): number => modulo(difference + 128, 256) - 128

function median(values: number[]): number {
  const sorted = Uint8Array.from(values).sort()
  const half = sorted.length >> 1
  return sorted.length % 2 ? (sorted[half] as number) : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2
}

function named(name: string): Rgb {
  return hsv(RGB.get(name) as Rgb).map((part) => rounded(part * 255)) as Rgb
}

/** Hue, saturation and value, each 0..1, of sRGB 0..255. */
function hsv([red, green, blue]: Rgb): Rgb {
  const [r, g, b] = [red / 255, green / 255, blue / 255]
  const most = Math.max(r, g, b)
  const least = Math.min(r, g, b)
  const range = most - least
  if (range === 0) return [0, 0, most]
  const [rc, gc, bc] = [(most - r) / range, (most - g) / range, (most - b) / range]
  const turn = r === most ? bc - gc : g === most ? 2 + rc - bc : 4 + gc - rc
  return [modulo(turn / 6, 1), range / most, most]
}

/** The same in bytes, in single precision where the imaging library is. */
function hsvBytes([r, g, b]: Rgb): Rgb {
  const most = Math.max(r, g, b)
  const least = Math.min(r, g, b)
  if (most === least) return [0, 0, most]
  const range = Math.fround(most - least)
  const [rc, gc, bc] = [Math.fround((most - r) / range), Math.fround((most - g) / range), Math.fround((most - b) / range)]
  const turn = r === most ? Math.fround(bc - gc) : g === most ? Math.fround(2 + rc - bc) : Math.fround(4 + gc - rc)
  const hue = Math.fround((turn / 6 + 1) % 1)
  const saturation = Math.fround(range / most)
  return [clip(Math.trunc(hue * 255), 0, 255), clip(Math.trunc(saturation * 255), 0, 255), most]
}

function rgbBytes([hue, saturation, value]: Rgb): Rgb {
  if (saturation === 0) return [value, value, value]
  const sixth = (hue * 6) / 255
  const strength = Math.fround(saturation / 255)
  const whole = Math.floor(sixth)
  const rest = Math.fround(sixth - whole)
  const level = (share: number): number => clip(Math.floor(value * share + 0.5), 0, 255)
  const p = level(1 - strength)
  const q = level(1 - strength * rest)
  const t = level(1 - strength * (1 - rest))
  return ([[value, t, p], [q, value, p], [p, value, t], [p, q, value], [t, p, value], [value, p, q]] as Rgb[])[whole % 6] as Rgb
}
