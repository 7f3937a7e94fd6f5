/** Puts kept pictures into a folder: a button that opens a line for its name, with the folders that are there to choose from. */

import { useId, useState } from 'preact/hooks'
import type { Studio } from '../studio/studio'

interface FolderProps {
  studio: Studio
  /** The pictures' ids in the gallery. */
  ids: readonly string[]
  /** The folder they are in, if it is one. */
  folder: string | null
}

export function FolderButton({ studio: { rack }, ids, folder }: FolderProps) {
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState(folder ?? '')
  const list = useId()
  const put = (into: string): void => {
    setOpen(false)
    void rack.move(ids, into)
  }
  if (!isOpen) {
    return (
      <button type="button" class="chip" disabled={ids.length === 0} onClick={() => setOpen(true)}>
        {folder ? `In ${folder}` : 'Put into a folder'}
      </button>
    )
  }
  return (
    <form
      class="folder-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim()) put(name)
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        // It closes the line and not the sheet around it.
        event.preventDefault()
        event.stopPropagation()
        setOpen(false)
      }}
    >
      <label>
        <span class="visually-hidden">Folder’s name</span>
        <input
          autoFocus
          list={list}
          maxLength={100}
          placeholder="Folder’s name"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <datalist id={list}>
        {rack.folders.value.map((each) => (
          <option key={each.name} value={each.name} />
        ))}
      </datalist>
      <button type="submit" class="chip" disabled={!name.trim()}>
        Put there
      </button>
      {folder && (
        <button type="button" class="chip" onClick={() => put('')}>
          Take out
        </button>
      )}
    </form>
  )
}
