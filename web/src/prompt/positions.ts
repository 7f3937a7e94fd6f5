/** Where a mistake is, and the prompt with it mended as the server suggests. */

/** The index in UTF-16 units of code point number `points` of `text`; its length if that lies beyond. */
export function toUnits(text: string, points: number): number {
  let units = 0
  let seen = 0
  for (const character of text) {
    if (seen === points) return units
    units += character.length
    seen += 1
  }
  return units
}

/** The same for many positions of one text. */
export function unitsOf(text: string): (points: number) => number {
  if (!/[\uD800-\uDBFF]/.test(text)) return (points) => Math.min(points, text.length)
  const starts: number[] = []
  let units = 0
  for (const character of text) {
    starts.push(units)
    units += character.length
  }
  return (points) => starts[points] ?? units
}

/**
 * `text` with the server's suggestion put in the place of the mistake at `unit`; null where it is not plain what the
 * suggestion is to replace. `kind` is the mistake's kind as docs/prompt.md lists them.
 */
export function mended(text: string, unit: number, kind: string | null, suggestion: string | null): string | null {
  if (!suggestion) return null
  if (kind === 'text_after_parameters') return suggestion
  if (kind === 'unbalanced_braces') return text.slice(0, unit) + suggestion + text.slice(unit + 1)
  if (!/^\s*--/.test(suggestion)) return null
  const isAtDash = /^[-—–]/.test(text.slice(unit))
  const start = isAtDash ? unit : text.lastIndexOf('--', unit)
  if (start < 0) return null
  const end = unit + (/^\s*\S*/.exec(text.slice(unit))?.[0].length ?? 0)
  return text.slice(0, start) + suggestion + text.slice(end)
}
