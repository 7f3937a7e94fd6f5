/** The gallery: everything that was kept, to be found again by its words. */

import { useEffect, useRef } from 'preact/hooks'
import { pictureUrl, type Entry } from '../api/gallery'
import type { Studio } from '../studio/studio'
import { ofEntry } from '../studio/subject'
import { ChosenBar } from './chosen-bar'
import { Icon } from './icons'

export function Gallery({ studio }: { studio: Studio }) {
  const { rack } = studio
  const entries = rack.entries.value
  const isSearching = rack.words.value.trim() !== '' || rack.onlyFavourites.value || rack.folder.value !== null
  const isChoosing = studio.workshop.chosen.value !== null
  return (
    <section class="gallery" id="gallery" aria-labelledby="gallery-title">
      <header>
        <h2 id="gallery-title">Gallery</h2>
        <div class="find">
          <label class="search">
            <span class="visually-hidden">Search the gallery</span>
            <Icon name="search" />
            <input
              id="search"
              type="search"
              placeholder="Search"
              value={rack.words.value}
              onInput={(event) => (rack.words.value = event.currentTarget.value)}
            />
          </label>
          <button
            type="button"
            class="chip"
            aria-pressed={rack.byMeaning.value}
            title="Find what it is about, whatever the words were"
            onClick={() => (rack.byMeaning.value = !rack.byMeaning.value)}
          >
            By meaning
          </button>
          <button
            type="button"
            class="chip"
            aria-pressed={rack.onlyFavourites.value}
            onClick={() => (rack.onlyFavourites.value = !rack.onlyFavourites.value)}
          >
            <Icon name="heart" filled={rack.onlyFavourites.value} /> Favourites
          </button>
          <button
            type="button"
            class="chip"
            aria-pressed={isChoosing}
            title="Choose pictures to blend, to download or to put into a folder"
            onClick={() => (studio.workshop.chosen.value = isChoosing ? null : [])}
          >
            <Icon name="tick" /> Select
          </button>
        </div>
      </header>
      <Folders studio={studio} />
      {rack.trouble.value && <p class="quiet">{rack.trouble.value}</p>}
      {entries.length === 0 && !rack.isLoading.value && !rack.trouble.value && (
        <p class="quiet empty">
          {isSearching ? 'Nothing kept matches that.' : 'Nothing is kept yet. Press Enter, and four of a picture are.'}
        </p>
      )}
      <ul class="hung">
        {entries.map((entry) => (
          <Card key={entry.id} entry={entry} studio={studio} />
        ))}
      </ul>
      <More studio={studio} />
      <ChosenBar studio={studio} />
    </section>
  )
}

/** The folders, to look into one of them; nothing where there are none. */
function Folders({ studio: { rack } }: { studio: Studio }) {
  if (rack.folders.value.length === 0) return null
  const all = [{ name: null, count: null }, ...rack.folders.value]
  return (
    <div class="chips folders" role="radiogroup" aria-label="Folder">
      {all.map(({ name, count }) => (
        <label key={name ?? ''} class="chip">
          <input class="visually-hidden" type="radio" name="folder" checked={rack.folder.value === name} onChange={() => (rack.folder.value = name)} />
          {name ?? 'All'} {count !== null && <span class="quiet number">{count}</span>}
        </label>
      ))}
    </div>
  )
}

function Card({ entry, studio }: { entry: Entry; studio: Studio }) {
  const { workshop } = studio
  const chosen = workshop.chosen.value
  const place = chosen ? chosen.indexOf(entry.id) : -1
  return (
    <li class="card" data-chosen={place >= 0 ? '' : undefined}>
      <button
        type="button"
        class="card-picture"
        aria-pressed={chosen ? place >= 0 : undefined}
        onClick={() => (chosen ? workshop.choose(entry.id) : (workshop.viewed.value = ofEntry(entry)))}
      >
        <img src={pictureUrl(entry.id, 'webp')} alt={entry.words} loading="lazy" decoding="async" width={entry.width} height={entry.height} />
      </button>
      {chosen ? (
        <span class="card-tick" aria-hidden="true">
          {place >= 0 && place + 1}
        </span>
      ) : (
        <button
          type="button"
          class="card-heart"
          aria-pressed={entry.favourite}
          aria-label={`Favourite: ${entry.words}`}
          onClick={() => void studio.rack.like(entry, !entry.favourite)}
        >
          <Icon name="heart" filled={entry.favourite} />
        </button>
      )}
    </li>
  )
}

/** Fetches what follows when the end comes into sight; a button for those whose browser does not watch. */
function More({ studio }: { studio: Studio }) {
  const end = useRef<HTMLButtonElement>(null)
  const next = studio.rack.next.value
  useEffect(() => {
    if (!end.current || typeof IntersectionObserver === 'undefined') return
    const observer = new IntersectionObserver(([seen]) => {
      if (seen?.isIntersecting) void studio.rack.more()
    })
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [next, studio])
  if (!next) return null
  return (
    <button ref={end} type="button" class="chip more" onClick={() => void studio.rack.more()}>
      Show more
    </button>
  )
}
