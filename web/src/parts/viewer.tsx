/** A picture looked at closely: its words, what can be done with it, its recipe, its sources. */

import type { Studio } from '../studio/studio'
import { DeedsBar } from './deeds-bar'
import { FolderButton } from './folder-button'
import { Icon } from './icons'
import { RecipeView } from './recipe-view'
import { Sheet } from './sheet'
import { Trouble } from './trouble'

export function Viewer({ studio }: { studio: Studio }) {
  const { workshop, rack } = studio
  const subject = workshop.viewed.value
  if (!subject) return null
  // The rack may know more by now: a heart given in the meantime.
  const id = subject.entry
  const folder = rack.entries.value.find((each) => each.id === id)?.folder ?? null
  const isFavourite = rack.entries.value.some((each) => each.id === id && each.favourite)
  const close = (): void => {
    workshop.viewed.value = null
    workshop.trouble.value = null
  }
  return (
    <Sheet title={subject.words} close={close}>
      <div class="viewer">
        <img src={subject.url()} alt={subject.words} width={subject.width} height={subject.height} />
        <div>
          <DeedsBar studio={studio} subject={subject} label="What to do with it" without={['recipe']} />
          {!workshop.task.value && <Trouble studio={studio} />}
          {id && (
            <div class="operations" role="group" aria-label="In the gallery">
              <button type="button" class="chip" aria-pressed={isFavourite} onClick={() => void rack.like({ id }, !isFavourite)}>
                <Icon name="heart" filled={isFavourite} /> Favourite
              </button>
              <FolderButton studio={studio} ids={[id]} folder={folder} />
              <button
                type="button"
                class="chip danger"
                onClick={() => {
                  close()
                  void rack.remove({ id })
                }}
              >
                <Icon name="bin" /> Delete
              </button>
            </div>
          )}
          <RecipeView subject={subject} />
        </div>
      </div>
    </Sheet>
  )
}
