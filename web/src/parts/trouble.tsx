/** What went wrong, told where somebody works. */

import type { Studio } from '../studio/studio'

export function Trouble({ studio }: { studio: Studio }) {
  return (
    <p class="mistake" role="alert">
      {studio.workshop.trouble.value}
    </p>
  )
}
