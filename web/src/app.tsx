/** The page put together. */

import { useEffect } from 'preact/hooks'
import { Credits } from './parts/credits'
import { DropTarget } from './parts/drop-target'
import { Gallery } from './parts/gallery'
import { Header } from './parts/header'
import { HelpSheet } from './parts/help-sheet'
import { KeySheet } from './parts/key-sheet'
import { Notes } from './parts/notes'
import { Palette } from './parts/palette'
import { PromptBox } from './parts/prompt-box'
import { SettingsSheet } from './parts/settings-sheet'
import { Studies } from './parts/studies'
import { TaskSheet } from './parts/task-sheet'
import { Viewer } from './parts/viewer'
import { Wall } from './parts/wall'
import { listen } from './studio/shortcuts'
import type { Studio } from './studio/studio'

export function App({ studio }: { studio: Studio }) {
  useEffect(() => listen(studio), [studio])
  return (
    <>
      <a class="skip" href="#prompt">
        To the words
      </a>
      <div id="top" class="page">
        <Header studio={studio} />
        <main>
          <h1 class="visually-hidden">Alla Prima: it paints while you type</h1>
          <div class="studio">
            <div class="label">
              <PromptBox studio={studio} />
              <Palette studio={studio} />
            </div>
            <Wall studio={studio} />
            <div class="small-print">
              <Notes studio={studio} />
              <Credits recipe={studio.easel.finished.value?.recipe ?? null} />
            </div>
          </div>
          <Studies studio={studio} />
          <Gallery studio={studio} />
        </main>
      </div>
      <HelpSheet studio={studio} />
      <KeySheet studio={studio} />
      <SettingsSheet studio={studio} />
      <Viewer studio={studio} />
      <TaskSheet studio={studio} />
      <DropTarget studio={studio} />
      <p class="notice" role="status" data-shown={studio.notice.value ? '' : undefined}>
        {studio.notice.value}
      </p>
    </>
  )
}
