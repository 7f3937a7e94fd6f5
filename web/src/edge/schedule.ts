/** Time grids from 1 (noise) to 0 (picture), as the engine chooses them from a bundle's learned ones. */

export function gridFor(steps: number, known: Readonly<Record<string, readonly number[]>>): readonly number[] {
  const exact = known[String(steps)]
  if (exact) return exact
  const counts = Object.keys(known).map(Number).filter((count) => count > 1)
  if (counts.length === 0) return Array.from({ length: steps + 1 }, (_, index) => 1 - index / steps)
  const far = (count: number): number => Math.abs(Math.log(count / steps))
  // Of two equally near the larger: a finer curve loses less when it is walked coarsely.
  const nearest = counts.reduce((best, count) => (far(count) < far(best) || (far(count) === far(best) && count > best) ? count : best))
  return resample(known[String(nearest)] as readonly number[], steps)
}

function resample(grid: readonly number[], steps: number): number[] {
  const last = grid.length - 1
  return Array.from({ length: steps + 1 }, (_, index) => {
    if (index === 0) return 1
    if (index === steps) return 0
    const place = (index * last) / steps
    const below = Math.min(Math.floor(place), last - 1)
    const share = place - below
    return (grid[below] as number) * (1 - share) + (grid[below + 1] as number) * share
  })
}
