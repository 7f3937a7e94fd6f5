/** How many steps a prompt needs, as the bundle's small head foretells it: for `auto`, the engine's rule. */

export interface HeadFile {
  /** Rising. */
  counts: number[]
  /** A distance that is near enough. */
  threshold: number
  weights: number[][]
  bias: number[]
}

export interface Seen {
  /** What the prompt means, weighed over its parts. */
  vector: Float32Array
  /** Boxes of the drawings found for it. */
  things: number
  /** Its tokens. */
  words: number
  isHinted: boolean
}

/** The least count that is foretold to be near enough, else the largest. */
export function stepsFor({ counts, threshold, weights, bias }: HeadFile, { vector, things, words, isHinted }: Seen): number {
  const features = [...vector, things, words / 8, isHinted ? 1 : 0]
  const near = counts.find((_, row) => {
    const sum = features.reduce((total, value, place) => total + value * (weights[row]?.[place] ?? 0), bias[row] ?? 0)
    return Math.exp(sum) <= threshold
  })
  return near ?? (counts.at(-1) as number)
}
