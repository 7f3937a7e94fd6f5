/** Prompts to choose from: a click puts one on the easel. */

import type { Studio } from '../studio/studio'

export function Prompts({ studio, prompts }: { studio: Studio; prompts: readonly string[] }) {
  const take = (prompt: string): void => {
    studio.workshop.close()
    studio.workshop.viewed.value = null
    studio.easel.write(prompt)
    requestAnimationFrame(() => document.getElementById('prompt')?.focus())
  }
  return (
    <ol class="prompts">
      {prompts.map((prompt) => (
        <li key={prompt}>
          <button type="button" onClick={() => take(prompt)}>
            {prompt}
          </button>
        </li>
      ))}
    </ol>
  )
}
