/** The sheet of whatever is being done with a picture. */

import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Studio } from '../studio/studio'
import type { Task } from '../studio/workshop'
import { Sheet } from './sheet'

type Bodies = typeof import('./task-bodies')

/** What the sheets hold, once it is here: a tenth of the page, that nobody waits for. */
const bodies = signal<Bodies | null>(null)
const REST_MS = 3_000

async function fetchBodies(studio: Studio): Promise<void> {
  if (bodies.value) return
  try {
    bodies.value = await import('./task-bodies')
  } catch {
    if (!studio.workshop.task.value) return
    studio.workshop.close()
    studio.say('That part of the page cannot be fetched. Is the server there?')
  }
}

const TITLES: Record<Task['kind'], string> = {
  remix: 'Change the words',
  region: 'Change a part',
  zoom: 'Zoom out',
  begin: 'Begin from a picture',
  describe: 'Describe it',
  brought: 'You brought a picture',
  shorten: 'What each word does',
  drawings: 'Your drawings',
}

export function TaskSheet({ studio }: { studio: Studio }) {
  const task = studio.workshop.task.value
  const isWanted = task !== null
  useEffect(() => {
    const timer = setTimeout(() => void fetchBodies(studio), isWanted ? 0 : REST_MS)
    return () => clearTimeout(timer)
  }, [studio, isWanted])
  const found = bodies.value
  // The sheet comes with what it holds, so that the focus goes there at once.
  if (!task || !found) return null
  const title = task.kind === 'brought' && task.subjects.length > 1 ? `You brought ${task.subjects.length} pictures` : TITLES[task.kind]
  return (
    <Sheet key={task.kind} title={title} close={() => task === studio.workshop.task.peek() && studio.workshop.close()}>
      <found.Body studio={studio} task={task} />
    </Sheet>
  )
}
