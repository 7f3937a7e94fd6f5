/** Asks for a key where the server wants one: it is reached from other machines, and so not open to everybody. */

import { useState } from 'preact/hooks'
import type { Studio } from '../studio/studio'
import { Sheet } from './sheet'

export function KeySheet({ studio }: { studio: Studio }) {
  const [trouble, setTrouble] = useState<string | null>(null)
  if (studio.sheet.value !== 'key') return null
  return (
    <Sheet title="This studio asks for a key" close={() => (studio.sheet.value = null)}>
      <form
        class="key"
        onSubmit={(event) => {
          event.preventDefault()
          const key = new FormData(event.currentTarget).get('key')
          if (typeof key === 'string' && key.trim()) void studio.logIn(key.trim()).then(setTrouble)
        }}
      >
        <label for="key">
          Whoever runs it can make one with <code>allaprima keys add</code>.
        </label>
        <input id="key" name="key" type="password" autocomplete="current-password" required autofocus />
        <button type="submit" class="primary">
          Come in
        </button>
        {trouble && (
          <p class="mistake" role="alert">
            {trouble}
          </p>
        )}
      </form>
    </Sheet>
  )
}
