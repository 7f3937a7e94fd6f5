/** What stands in the sheet of each task. Fetched when the page has come to rest: nobody needs it to begin. */

import type { Studio } from '../studio/studio'
import type { Task } from '../studio/workshop'
import { BroughtSheet } from './brought-sheet'
import { BeginSheet, RemixSheet, ZoomSheet } from './change-sheets'
import { DescribeSheet } from './describe-sheet'
import { DrawingsSheet } from './drawings-sheet'
import { RegionSheet } from './region-sheet'
import { ShortenSheet } from './shorten-sheet'

export function Body({ studio, task }: { studio: Studio; task: Task }) {
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
