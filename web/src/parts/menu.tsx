/** A button that opens a menu: arrows walk through it, Escape closes it, and focus comes back to the button. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from './icons'

export interface Item {
  id: string
  words: string
  /** Why it is off; null where it is not. */
  off?: string | null
  /** What stands small behind the words: a key, a state. */
  hint?: string
  /** Shown instead of the words, in a row with its neighbours. */
  icon?: IconName
  run: () => void
}

export interface Group {
  title?: string
  items: Item[]
}

interface MenuProps {
  /** What a screen reader says; what is seen are the children. */
  label: string
  class?: string
  off?: boolean
  groups: () => Group[]
  children: ComponentChildren
}

export function Menu({ label, class: kind = 'chip', off = false, groups, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const id = useId()
  return (
    <>
      <button
        ref={button}
        type="button"
        class={kind}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={label}
        title={label}
        aria-disabled={off}
        onClick={() => !off && setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' || off) return
          event.preventDefault()
          event.stopPropagation()
          setOpen(true)
        }}
      >
        {children}
      </button>
      {isOpen && (
        <List id={id} label={label} anchor={button.current} groups={groups()} close={() => setOpen(false)} />
      )}
    </>
  )
}

interface ListProps {
  id: string
  label: string
  anchor: HTMLElement | null
  groups: Group[]
  close: () => void
}

function List({ id, label, anchor, groups, close }: ListProps) {
  const list = useRef<HTMLDivElement>(null)

  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    element.showPopover?.()
    place(element, anchor)
    items(element)[0]?.focus({ preventScroll: true })
    const move = (event: Event): void => {
      if (!(event.target instanceof Node && element.contains(event.target))) place(element, anchor)
    }
    addEventListener('scroll', move, true)
    addEventListener('resize', move)
    return () => {
      removeEventListener('scroll', move, true)
      removeEventListener('resize', move)
    }
  }, [anchor])

  useEffect(() => {
    const element = list.current
    const toggled = (event: Event): void => {
      if ((event as ToggleEvent).newState === 'closed') close()
    }
    element?.addEventListener('toggle', toggled)
    return () => element?.removeEventListener('toggle', toggled)
  })

  const leave = (): void => {
    close()
    anchor?.focus({ preventScroll: true })
  }

  const keys = (event: KeyboardEvent): void => {
    const all = items(list.current)
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to = {
      ArrowDown: (at + 1) % all.length,
      ArrowRight: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      ArrowLeft: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key]
    if (to !== undefined) all[to]?.focus()
    else if (event.key === 'Escape' || event.key === 'Tab') leave()
    else if (/^\p{L}$/u.test(event.key) && !event.ctrlKey && !event.metaKey) {
      const rest = [...all.slice(at + 1), ...all.slice(0, at + 1)]
      rest.find((each) => each.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus()
    } else return
    // Nothing of this is for the page or the sheet below; Tab goes on from the button.
    event.stopPropagation()
    if (event.key !== 'Tab') event.preventDefault()
  }

  return (
    <div ref={list} id={id} class="menu" role="menu" aria-label={label} popover="auto" onKeyDown={keys}>
      {groups.map(({ title, items: each }) => (
        <div key={title ?? ''} role="group" aria-label={title} class={each.some(({ icon }) => icon) ? 'menu-mixed' : undefined}>
          {title && (
            <p class="menu-title" aria-hidden="true">
              {title}
            </p>
          )}
          {each.map((item) => (
            <Entry key={item.id} item={item} leave={leave} />
          ))}
        </div>
      ))}
    </div>
  )
}

function Entry({ item, leave }: { item: Item; leave: () => void }) {
  const { words, off, hint, icon, run } = item
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      class={icon ? 'menu-icon' : 'menu-item'}
      aria-disabled={Boolean(off)}
      aria-label={icon ? words : undefined}
      aria-description={off ?? hint}
      title={icon ? words : undefined}
      onClick={() => {
        if (off) return
        leave()
        run()
      }}
    >
      {icon ? <Icon name={icon} /> : <span>{words}</span>}
      {!icon && (off ?? hint) && <small aria-hidden="true">{off ?? hint}</small>}
    </button>
  )
}

const items = (list: HTMLElement | null): HTMLElement[] => [...(list?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]

/** Below the button if there is room, else above; never out of the window. A phone's style sheet lays it at the foot. */
function place(list: HTMLElement, anchor: HTMLElement | null): void {
  if (!anchor) return
  const at = anchor.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = list
  const hasRoomBelow = at.bottom + 6 + height <= innerHeight - 8 || at.top < innerHeight - at.bottom
  const top = hasRoomBelow ? at.bottom + 6 : at.top - 6 - height
  list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`
  list.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`
}
