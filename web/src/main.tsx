/** Where the page begins. */

import '@fontsource-variable/bricolage-grotesque/index.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/studio.css'
import './styles/prompt.css'
import './styles/pictures.css'
import './styles/sheets.css'
import './styles/operations.css'
import './styles/tasks.css'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './app'
import { keepPage } from './keep-page'
import { Studio } from './studio/studio'

const studio = new Studio()

effect(() => {
  const theme = studio.settings.theme.value
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
})

effect(() => {
  const words = studio.easel.prompt.value.replace(/\s+/g, ' ').trim()
  document.title = words ? `${words.slice(0, 60)} · Alla Prima` : 'Alla Prima'
})

const root = document.getElementById('root')
if (root) {
  render(<App studio={studio} />, root)
  studio.start()
  keepPage()
}
