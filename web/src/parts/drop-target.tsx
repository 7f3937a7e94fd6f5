/** The whole page takes pictures: dropped on it, or pasted. */

import { useEffect, useState } from 'preact/hooks'
import { dropped } from '../studio/brought'
import type { Studio } from '../studio/studio'

export function DropTarget({ studio }: { studio: Studio }) {
  const [isOver, setOver] = useState(false)
  useEffect(() => {
    let depth = 0
    const carries = (event: DragEvent): boolean => [...(event.dataTransfer?.types ?? [])].includes('Files')
    const enter = (event: DragEvent): void => {
      if (!carries(event)) return
      event.preventDefault()
      depth += 1
      setOver(true)
    }
    const leave = (): void => {
      depth = Math.max(depth - 1, 0)
      if (depth === 0) setOver(false)
    }
    const over = (event: DragEvent): void => {
      if (carries(event)) event.preventDefault()
    }
    const drop = (event: DragEvent): void => {
      depth = 0
      setOver(false)
      if (!event.dataTransfer || !carries(event)) return
      event.preventDefault()
      void dropped(event.dataTransfer).then((brought) => studio.workshop.take(brought))
    }
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      void studio.workshop.take({ files, fromFolder: false, folder: '' })
    }
    addEventListener('dragenter', enter)
    addEventListener('dragleave', leave)
    addEventListener('dragover', over)
    addEventListener('drop', drop)
    addEventListener('paste', paste)
    return () => {
      removeEventListener('dragenter', enter)
      removeEventListener('dragleave', leave)
      removeEventListener('dragover', over)
      removeEventListener('drop', drop)
      removeEventListener('paste', paste)
    }
  }, [studio])
  if (!isOver) return null
  return (
    <div class="drop-target" aria-hidden="true">
      <p>
        A picture to begin from, a few to blend,
        <br />
        or a folder of your own drawings
      </p>
    </div>
  )
}
