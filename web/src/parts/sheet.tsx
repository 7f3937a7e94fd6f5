/** A sheet laid over the page: the browser's own dialog, so that focus and Escape do what people expect. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from './icons'

interface SheetProps {
  title: string
  kind?: 'drawer' | 'page'
  close: () => void
  children: ComponentChildren
}

export function Sheet({ title, kind = 'page', close, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    if (element && !element.open) element.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`sheet sheet-${kind}`}
      aria-label={title}
      onClose={close}
      onClick={(event) => {
        // Only the backdrop is the dialog itself; everything else lies in its body.
        if (event.target === dialog.current) dialog.current?.close()
      }}
    >
      <div class="sheet-body">
        <header>
          <h2>{title}</h2>
          <button type="button" class="tool" aria-label="Close" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
