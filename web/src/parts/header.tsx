/** The top of the page: the mark, how the line stands, and the way to the sheets. */

import type { Studio } from '../studio/studio'
import type { Theme } from '../studio/settings'
import { Icon, type IconName } from './icons'
import { Mark } from './mark'

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' }
const THEME_ICON: Record<Theme, IconName> = { auto: 'half', light: 'sun', dark: 'moon' }
const THEME_WORDS: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' }

export function Header({ studio }: { studio: Studio }) {
  const theme = studio.settings.theme.value
  return (
    <header class="header">
      <a class="brand" href="#top" aria-label="Alla Prima">
        <Mark />
        <span>Alla Prima</span>
      </a>
      <Line studio={studio} />
      <nav class="tools" aria-label="Tools">
        <button
          type="button"
          class="tool"
          aria-label={`Colours: ${THEME_WORDS[theme]}`}
          title={`Colours: ${THEME_WORDS[theme]} (T)`}
          onClick={() => (studio.settings.theme.value = NEXT[theme])}
        >
          <Icon name={THEME_ICON[theme]} />
        </button>
        <button
          type="button"
          class="tool"
          aria-label="Your drawings"
          title="Your drawings (Y)"
          onClick={() => studio.workshop.open({ kind: 'drawings', brought: null })}
        >
          <Icon name="drawings" />
        </button>
        <button type="button" class="tool" aria-label="Keys" title="Keys (?)" onClick={() => (studio.sheet.value = 'help')}>
          <Icon name="help" />
        </button>
        <button
          type="button"
          class="tool"
          aria-label="Settings"
          title="Settings (S)"
          onClick={() => (studio.sheet.value = 'settings')}
        >
          <Icon name="sliders" />
        </button>
      </nav>
    </header>
  )
}

/** How the line to the painter stands; silent while all is well. */
function Line({ studio }: { studio: Studio }) {
  const standing = studio.standing.value
  const latency = studio.easel.latency.value
  if (studio.place.value === 'edge') {
    return (
      <p class="line" data-standing={standing} data-place="edge" role="status">
        <span class="dot" aria-hidden="true" />
        {standing === 'open' ? 'painting in this browser' : 'The server is away; painting in this browser'}
      </p>
    )
  }
  if (standing === 'open') {
    return (
      <p class="line" data-standing="open">
        <span class="dot" aria-hidden="true" />
        {studio.hello.value?.model.name ?? 'ready'}
        {latency !== null && <span class="quiet"> {Math.round(latency)} ms to the first stroke</span>}
      </p>
    )
  }
  return (
    <p class="line" data-standing={standing} role="status">
      <span class="dot" aria-hidden="true" />
      {standing === 'connecting' ? 'Opening the studio' : 'The painter is away. Trying again'}
      {standing === 'offline' && (
        <button type="button" class="link" onClick={() => studio.server.retryNow()}>
          now
        </button>
      )}
    </p>
  )
}
