/** Steps on latents: the engine's Euler step, its fresh noise, and guidance on the clean latent. Arrays alone. */

/** From t to s along the straight line that `clean` implies. */
export function euler(state: Float32Array, clean: Float32Array, t: number, s: number): Float32Array<ArrayBuffer> {
  const share = s / t
  return Float32Array.from(state, (value, i) => share * value + (1 - share) * (clean[i] as number))
}

/** From time `low` up to `high` by fresh noise, on the same marginal. */
export function renoise(state: Float32Array, noise: Float32Array, low: number, high: number): Float32Array<ArrayBuffer> {
  const kept = (1 - high) / (1 - low)
  const spread = Math.sqrt(Math.max(high * high - (kept * low) ** 2, 0))
  return Float32Array.from(state, (value, i) => kept * value + spread * (noise[i] as number))
}

/**
 * The clean latent of what the network said to each part, and behind them, where guidance counts, to the unconditional
 * side. What is wanted is a mean; what is not wanted leads away from the unconditional side, as strongly as guidance
 * leads to the rest. Without any guidance there is nothing to lead away from, and one sum is all there is.
 */
export function guided(sides: Float32Array, weights: readonly number[], scale: number, guidance: number): Float32Array {
  const parts = weights.length
  const wanted = weights.reduce((sum, weight) => sum + Math.max(weight, 0), 0)
  const shares = guidance === 1 ? weights : weights.map((weight) => weight / wanted)
  const hasPlain = scale !== 1
  const size = sides.length / (hasPlain ? parts + 1 : parts)
  return Float32Array.from({ length: size }, (_, i) => {
    const plain = hasPlain ? (sides[parts * size + i] as number) : 0
    let conditional = 0
    let away = 0
    for (let part = 0; part < parts; part += 1) {
      const share = shares[part] as number
      const side = sides[part * size + i] as number
      if (share > 0 || guidance === 1) conditional += share * side
      else if (hasPlain) away += share * (side - plain)
    }
    return hasPlain ? plain + scale * (conditional - plain + away) : conditional
  })
}
