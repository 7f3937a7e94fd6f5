/** What a picture painted in the browser says of itself: the engine's recipe, field by field. */

import type { Recipe } from '../studio/recipe'
import type { Manifest } from './bundle'
import type { Collage } from './collage'
import type { Sitting } from './painter'
import { isSketch } from './prior'
import { squared } from './shapes'

export function recipeOf(sitting: Sitting, manifest: Manifest, backend: string): Recipe {
  const { size, paintedAt, parts, steps, churn } = sitting
  const isResized = size[0] !== paintedAt[0] || size[1] !== paintedAt[1]
  return {
    format: 1,
    prompt: sitting.prompt,
    seed: sitting.seed,
    steps,
    grid: [...sitting.grid],
    solver: 'euler',
    guidance_scale: sitting.guidance,
    guidance_interval: manifest.guidance_interval,
    memory: sitting.memory,
    size: [size[0], size[1]],
    references: references(sitting.collage),
    ...(sitting.collage?.things.some(isSketch) ? { sketched: sketched(sitting.collage) } : {}),
    model: { name: manifest.name, sha256: manifest.sha256, licence: manifest.licence },
    backend: `onnxruntime-web (${backend})`,
    ...(parts.length > 1 ? { parts: parts.map(({ text, weight }) => [text, weight] as [string, number]) } : {}),
    ...(sitting.isAuto ? { auto_steps: true } : {}),
    ...(sitting.style ? { style: sitting.style } : {}),
    ...(sitting.graph === 'student' ? { sampler: 'student' } : {}),
    ...(churn.some((share) => share > 0) ? { churn: [...churn] } : {}),
    ...(isResized ? { resized: { from: [...paintedAt], filter: 'lanczos' } } : {}),
  }
}

const to4 = (value: number): number => Number(value.toFixed(4))

/** Where a collage has its thing of this index: fractions of the square that the picture is the middle of. */
function places({ canvas, boxes }: Collage, index: number): [number, number, number, number][] {
  return (boxes[index] ?? []).map((box) => squared(box, [canvas.width, canvas.height]).map(to4) as [number, number, number, number])
}

/** What the prior drew. */
function sketched(collage: Collage): NonNullable<Recipe['sketched']> {
  return collage.things.map(({ drawing, text, match }, index) => ({
    for: text, as: drawing.name, style: drawing.style, sureness: to4(match.score), boxes: places(collage, index),
  }))
}

/** Whose drawings informed a picture. */
function references(collage: Collage | null): NonNullable<Recipe['references']> {
  if (!collage || collage.things.some(isSketch)) return [] // a collage is of drawings or of sketches
  return collage.things.map(({ drawing, text, match }, index) => ({
    name: drawing.name,
    style: drawing.style,
    licence: drawing.licence,
    source: drawing.source,
    version: drawing.version,
    sha256: drawing.sha256,
    for: text,
    score: to4(match.score),
    boxes: places(collage, index),
  }))
}
