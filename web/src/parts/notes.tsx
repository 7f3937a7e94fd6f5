/** What was done otherwise than the words may lead one to expect, and what did not fit. */

import type { Studio } from '../studio/studio'

export function Notes({ studio }: { studio: Studio }) {
  const finished = studio.easel.finished.value
  if (!finished) return null
  // What the words' own warnings say already stands under them.
  const warnings = studio.reader.warnings.value
  const notes = finished.notes.filter((note) => !warnings.includes(note))
  if (finished.recipe.unread && !notes.some((note) => note.includes(finished.recipe.unread ?? ''))) {
    notes.push(`Too long to be read whole; left out: “${finished.recipe.unread}”.`)
  }
  if (notes.length === 0) return null
  return (
    <ul class="notes" aria-label="Notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  )
}
