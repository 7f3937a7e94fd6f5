/** What each word of the prompt does: a shade under it, as dark as its influence; and shorter prompts to take. */

import { useEffect, useState } from 'preact/hooks'
import { shorten, type Shortened } from '../api/operations'
import type { Studio } from '../studio/studio'
import { wordsOf } from '../studio/workshop'
import { Prompts } from './prompts'
import { Trouble } from './trouble'

export function ShortenSheet({ studio, prompt }: { studio: Studio; prompt: string }) {
  const [found, setFound] = useState<Shortened | null>(null)
  useEffect(() => {
    let isHere = true
    shorten(prompt).then(
      (answer) => isHere && setFound(answer),
      (error: unknown) => isHere && studio.workshop.fail(wordsOf(error)),
    )
    return () => {
      isHere = false
    }
  }, [studio, prompt])
  return (
    <div class="told">
      <p class="quiet" role="status">
        {found
          ? 'The darker the shade, the more the picture changes when the word is left out.'
          : studio.workshop.trouble.value
            ? ''
            : 'Leaving out one word after another'}
      </p>
      {found && (
        <>
          <ul class="influences">
            {found.words.map(({ word, influence }, index) => (
              <li key={index} title={`${Math.round(influence * 100)} of 100`} style={{ '--influence': `${Math.round(influence * 100)}%` }}>
                {word}
                <span class="visually-hidden">, {Math.round(influence * 100)} of 100</span>
              </li>
            ))}
          </ul>
          {found.prompts.length > 0 && (
            <>
              <h3>Shorter</h3>
              <Prompts studio={studio} prompts={found.prompts} />
            </>
          )}
          {found.notes.map((note) => (
            <p key={note} class="quiet">
              {note}
            </p>
          ))}
        </>
      )}
      <Trouble studio={studio} />
    </div>
  )
}
