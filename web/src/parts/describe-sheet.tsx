/** Four prompts for a picture; one that is clicked is taken. */

import { useEffect, useState } from 'preact/hooks'
import { describe, type Described } from '../api/operations'
import type { Studio } from '../studio/studio'
import type { Subject } from '../studio/subject'
import { wordsOf } from '../studio/workshop'
import { Prompts } from './prompts'
import { Trouble } from './trouble'

export function DescribeSheet({ studio, subject }: { studio: Studio; subject: Subject }) {
  const [found, setFound] = useState<Described | null>(null)
  useEffect(() => {
    let isHere = true
    describe(subject.ref).then(
      (answer) => isHere && setFound(answer),
      (error: unknown) => isHere && studio.workshop.fail(wordsOf(error)),
    )
    return () => {
      isHere = false
    }
  }, [studio, subject])
  return (
    <div class="change">
      <img src={subject.url()} alt={subject.words} width={subject.width} height={subject.height} />
      <div class="told">
        <p class="quiet" role="status">
          {found ? 'Take one up, and it is painted:' : studio.workshop.trouble.value ? '' : 'Looking at it'}
        </p>
        {found && <Prompts studio={studio} prompts={found.prompts} />}
        {found?.notes.map((note) => (
          <p key={note} class="quiet">
            {note}
          </p>
        ))}
        <Trouble studio={studio} />
      </div>
    </div>
  )
}
