/** What can be done with one picture: the usual in a row, the rest in a menu, and the files. */

import { DEEDS, deed, whyNot, type Deed, type Group as DeedGroup } from '../studio/deeds'
import { saveAs } from '../studio/download'
import type { Studio } from '../studio/studio'
import type { Subject } from '../studio/subject'
import type { IconName } from './icons'
import { Icon } from './icons'
import { Menu, type Group, type Item } from './menu'

interface BarProps {
  studio: Studio
  /** Null while it is still being painted. */
  subject: Subject | null
  label: string
  /** Without what makes no sense where the bar stands. */
  without?: readonly string[]
  /** Whether the single keys mean this picture; elsewhere they are not shown. */
  hasKeys?: boolean
}

export function DeedsBar({ studio, subject, label, without = [], hasKeys = false }: BarProps) {
  return (
    <div class="operations" role="group" aria-label={label}>
      {DEEDS.filter(({ id, group }) => group === 'row' && !without.includes(id)).map((each) => (
        <DeedButton key={each.id} studio={studio} each={each} subject={subject} hasKeys={hasKeys} />
      ))}
      <Menu label="More to do with it" groups={() => moreOf(studio, subject, without, hasKeys)}>
        More <Icon name="chevron" />
      </Menu>
      <Download studio={studio} subject={subject} />
    </div>
  )
}

function DeedButton({ studio, each, subject, hasKeys }: { studio: Studio; each: Deed; subject: Subject | null; hasKeys: boolean }) {
  const off = whyNot(studio, each, subject)
  const key = hasKeys && each.key ? ` (${each.key.toUpperCase()})` : ''
  return (
    <button
      type="button"
      class="chip"
      aria-disabled={off !== null}
      title={off ? `${each.words}: ${off.toLowerCase()}` : `${each.words}${key}`}
      aria-description={off ?? undefined}
      onClick={() => subject && off === null && each.run(studio, subject)}
    >
      {each.words}
    </button>
  )
}

const ARROWS: Record<string, IconName> = { left: 'left', right: 'right', up: 'up', down: 'downwards' }

function itemOf(studio: Studio, each: Deed, subject: Subject | null, hasKeys = false): Item {
  const icon = ARROWS[each.id]
  return {
    id: each.id,
    words: each.words,
    off: whyNot(studio, each, subject),
    ...(hasKeys && each.key ? { hint: each.key.toUpperCase() } : {}),
    ...(icon ? { icon } : {}),
    run: () => subject && each.run(studio, subject),
  }
}

export function groupOf(studio: Studio, subject: Subject | null, ids: readonly string[], title?: string): Group {
  return { ...(title ? { title } : {}), items: ids.map((id) => itemOf(studio, deed(id), subject)) }
}

const MENU: readonly DeedGroup[] = ['Around it', 'From it', 'The picture']

export function moreOf(studio: Studio, subject: Subject | null, without: readonly string[] = [], hasKeys = false): Group[] {
  return MENU.map((title) => ({
    title,
    items: DEEDS.filter(({ id, group }) => group === title && !without.includes(id)).map((each) => itemOf(studio, each, subject, hasKeys)),
  }))
}

export function Download({ studio, subject }: { studio: Studio; subject: Subject | null }) {
  return (
    <Menu label="Download it" off={!subject} groups={() => (subject ? filesOf(studio, subject) : [])}>
      <Icon name="down" /> Download
    </Menu>
  )
}

export function filesOf(studio: Studio, subject: Subject): Group[] {
  const flat = studio.workshop.flat(subject)
  const says = { asking: 'looking whether it is flat', flat: 'as shapes', shaded: 'it is shaded: many small patches', unknown: '' }
  return [
    {
      title: 'Download',
      items: [
        { id: 'png', words: 'PNG', hint: 'its recipe inside', run: () => void saveAs(studio, subject, 'png') },
        { id: 'webp', words: 'WebP', hint: 'smaller', run: () => void saveAs(studio, subject, 'webp') },
        {
          id: 'svg',
          words: flat === 'shaded' ? 'SVG all the same' : 'SVG',
          hint: says[flat],
          run: () => void saveAs(studio, subject, 'svg', flat === 'shaded'),
        },
      ],
    },
  ]
}
