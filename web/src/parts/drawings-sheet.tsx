/** Your own drawings: brought in under a style's name, with a licence and an owner; looked at; removed. */

import { useEffect, useId, useState } from 'preact/hooks'
import { drawingUrl, type OwnStyle } from '../api/library'
import { isDrawing, picked, type Brought } from '../studio/brought'
import type { Studio } from '../studio/studio'
import { Icon } from './icons'

export function DrawingsSheet({ studio, brought }: { studio: Studio; brought: Brought | null }) {
  const { drawings } = studio
  const [files, setFiles] = useState(brought)
  useEffect(() => void drawings.refresh(), [drawings])
  const styles = drawings.styles.value
  return (
    <div class="drawings">
      {files ? (
        <AddForm studio={studio} brought={files} done={() => setFiles(null)} />
      ) : (
        <>
          <p>
            Drop a folder or files (PNG, WebP, SVG) on the page. Each is called what its file is called, and comes when its name or its
            style is said.
          </p>
          <Pickers set={setFiles} />
        </>
      )}
      <p class="mistake" role="alert">
        {drawings.trouble.value}
      </p>
      <Outcome studio={studio} />
      {styles && styles.length > 0 && (
        <section class="own-styles" aria-label="Styles of your own">
          {styles.map((each) => (
            <Style key={each.style} studio={studio} own={each} />
          ))}
        </section>
      )}
      {styles?.length === 0 && !files && <p class="quiet">There are none yet.</p>}
    </div>
  )
}

function Pickers({ set }: { set: (brought: Brought) => void }) {
  const take = (event: { currentTarget: HTMLInputElement }): void => {
    const found = picked(event.currentTarget.files)
    if (found.files.some(isDrawing)) set(found)
  }
  return (
    <div class="row">
      <label class="chip">
        <Icon name="drawings" /> A folder…
        <input class="visually-hidden" type="file" aria-label="Choose a folder of drawings" {...{ webkitdirectory: true }} onChange={take} />
      </label>
      <label class="chip">
        <Icon name="picture" /> Files…
        <input class="visually-hidden" type="file" aria-label="Choose drawings" multiple accept=".png,.webp,.svg,.csv" onChange={take} />
      </label>
    </div>
  )
}

/** Licences that people choose; any other can be written. */
const LICENCES = ['CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'MIT', 'Apache-2.0', 'all rights reserved']

function AddForm({ studio, brought, done }: { studio: Studio; brought: Brought; done: () => void }) {
  const { drawings } = studio
  const found = brought.files.filter(isDrawing)
  const sending = drawings.sending.value
  const id = useId()
  const send = async (form: HTMLFormElement): Promise<void> => {
    const values = new FormData(form)
    const text = (name: string): string => String(values.get(name) ?? '').trim()
    if (await drawings.add(brought, text('style'), text('licence'), text('owner'))) done()
  }
  return (
    <form
      class="add-drawings"
      onSubmit={(event) => {
        event.preventDefault()
        if (!sending && found.length > 0) void send(event.currentTarget)
      }}
    >
      <p>
        {found.length === 1 ? 'One drawing' : `${found.length} drawings`}
        {found.length > 0 && <span class="quiet">: {found.slice(0, 4).map(({ name }) => name).join(', ')}{found.length > 4 ? ', …' : ''}</span>}
        {found.length === 0 && <span class="quiet">: PNG, WebP and SVG can be taken in, and there is none of them.</span>}
      </p>
      <label for={`${id}-style`}>
        The style’s name <span class="quiet">what you write behind --style</span>
      </label>
      <input
        id={`${id}-style`}
        name="style"
        required
        maxLength={40}
        pattern="[A-Za-z0-9][A-Za-z0-9 _.\-]*"
        title="Letters, digits, spaces and hyphens"
        defaultValue={brought.folder.replace(/[^A-Za-z0-9 _.-]/g, ' ').trim().slice(0, 40)}
        autofocus
      />
      <label for={`${id}-licence`}>
        Licence <span class="quiet">named in every recipe that used one</span>
      </label>
      <input id={`${id}-licence`} name="licence" maxLength={100} list={`${id}-licences`} placeholder="CC-BY-4.0" />
      <datalist id={`${id}-licences`}>
        {LICENCES.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <label for={`${id}-owner`}>
        Owner <span class="quiet">who drew them</span>
      </label>
      <input id={`${id}-owner`} name="owner" maxLength={100} autocomplete="name" />
      <div class="row">
        <button type="submit" class="primary" aria-disabled={sending !== null || found.length === 0}>
          {sending ? `Sending ${sending.done} of ${sending.all}` : 'Take them in'}
        </button>
        <button type="button" class="link" onClick={done}>
          Not now
        </button>
      </div>
    </form>
  )
}

function Outcome({ studio }: { studio: Studio }) {
  const added = studio.drawings.added.value
  return (
    <div role="status">
      {added && (
        <>
          <p>
            <b>{added.style}</b> has {added.total === 1 ? 'one drawing' : `${added.total} drawings`} now. Write one’s name, or{' '}
            <button
              type="button"
              class="link inline"
              onClick={() => {
                const flag = `--style ${added.style.replaceAll(' ', '-')}`
                studio.workshop.close()
                studio.easel.write(`${studio.easel.prompt.value.trim() || `a ${added.names[0] ?? 'fox'}`} ${flag}`)
              }}
            >
              paint in this style
            </button>
            .
          </p>
          <ul class="notes-list">
            {added.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
            {added.skipped.map(([file, reason]) => (
              <li key={file}>
                {file} was left out: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

const SHOWN = 24

function Style({ studio, own }: { studio: Studio; own: OwnStyle }) {
  const { style, licence, owner, drawings } = own
  const [isSure, setSure] = useState(false)
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? drawings : drawings.slice(0, SHOWN)
  return (
    <section class="own-style" aria-label={style}>
      <header>
        <h3>{style}</h3>
        <p class="quiet">
          {drawings.length === 1 ? '1 drawing' : `${drawings.length} drawings`}
          {owner && ` by ${owner}`}, {licence || 'no licence given'}
        </p>
        <button
          type="button"
          class="chip danger"
          onBlur={() => setSure(false)}
          onClick={() => (isSure ? void studio.drawings.remove(style) : setSure(true))}
        >
          <Icon name="bin" /> {isSure ? `Remove all ${drawings.length}?` : 'Remove'}
        </button>
      </header>
      <ul class="own-drawings">
        {shown.map(({ name, words }) => (
          <li key={name} title={[name, ...words].join(', ')}>
            <img src={drawingUrl(style, name)} alt="" loading="lazy" />
            <span>{name}</span>
            <button type="button" aria-label={`Remove ${name}`} onClick={() => void studio.drawings.remove(style, name)}>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      {drawings.length > shown.length && (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          Show all {drawings.length}
        </button>
      )}
    </section>
  )
}
