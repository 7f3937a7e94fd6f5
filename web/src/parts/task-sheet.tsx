/** The sheet of whatever is being done with a picture. */

import type { Studio } from '../studio/studio'
import type { Task } from '../studio/workshop'
import { BeginSheet, RemixSheet, ZoomSheet } from './change-sheets'
import { BroughtSheet } from './brought-sheet'
import { DescribeSheet } from './describe-sheet'
import { DrawingsSheet } from './drawings-sheet'
import { RegionSheet } from './region-sheet'
import { Sheet } from './sheet'
import { ShortenSheet } from './shorten-sheet'

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
  if (!task) return null
  const title = task.kind === 'brought' && task.subjects.length > 1 ? `You brought ${task.subjects.length} pictures` : TITLES[task.kind]
  return (
    <Sheet key={task.kind} title={title} close={() => task === studio.workshop.task.peek() && studio.workshop.close()}>
      <Body studio={studio} task={task} />
    </Sheet>
  )
}

function Body({ studio, task }: { studio: Studio; task: Task }) {
  switch (task.kind) {
    case 'remix':
      return <RemixSheet studio={studio} subject={task.subject} />
    case 'region':
      return <RegionSheet studio={studio} subject={task.subject} />
    case 'zoom':
      return <ZoomSheet studio={studio} subject={task.subject} />
    case 'begin':
      return <BeginSheet studio={studio} subject={task.subject} />
    case 'describe':
      return <DescribeSheet studio={studio} subject={task.subject} />
    case 'brought':
      return <BroughtSheet studio={studio} task={task} />
    case 'shorten':
      return <ShortenSheet studio={studio} prompt={task.prompt} />
    case 'drawings':
      return <DrawingsSheet studio={studio} brought={task.brought} />
  }
}
