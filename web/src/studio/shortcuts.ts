/** Single keys that work while nobody writes. The help sheet is made from the same table. */

import { DEEDS, doWithChosen } from './deeds'
import { downloadWall } from './download'
import { FINEST, type Theme } from './settings'
import type { Studio } from './studio'

export interface Key {
  key: string
  /** What the help sheet says; nothing where another key's line says it too. */
  words: string
  /** How the key is shown there, where that is not its name. */
  shown?: string
  /** Whether it does something with the chosen one of the four. */
  isForChosen?: boolean
  run(studio: Studio): void
}

const THEMES: Theme[] = ['auto', 'light', 'dark']

export const KEYS: readonly Key[] = [
  { key: '/', words: 'back to the words', run: () => document.getElementById('prompt')?.focus() },
  { key: 'k', words: 'keep four', run: (studio) => studio.keepFour() },
  { key: 'r', words: 'another seed', run: (studio) => studio.easel.dice() },
  {
    key: 'l',
    words: 'lock the seed, or let it go',
    run: (studio) => {
      const { seedLocked } = studio.settings
      seedLocked.value = !seedLocked.value
      studio.say(seedLocked.value ? 'The seed is locked.' : 'The seed is free.')
    },
  },
  { key: '[', words: 'rougher', run: (studio) => finer(studio, -1) },
  { key: ']', words: 'finer', run: (studio) => finer(studio, 1) },
  ...[1, 2, 3, 4].map((place) => ({
    key: String(place),
    words: place === 1 ? 'choose one of the four' : '',
    shown: '1 – 4',
    isForChosen: true,
    run: ({ four }: Studio) => {
      if (four.studies.value.length >= place) four.selected.value = place - 1
    },
  })),
  ...DEEDS.flatMap((each) =>
    each.key
      ? [{ key: each.key, words: each.words.replace('…', '').toLowerCase(), isForChosen: true, run: (studio: Studio) => doWithChosen(studio, each) }]
      : [],
  ),
  { key: 'e', words: 'four others', run: (studio) => studio.reroll() },
  { key: 'd', words: 'download the picture', run: (studio) => void downloadWall(studio, 'png') },
  { key: 'g', words: 'to the gallery', run: () => document.getElementById('gallery')?.scrollIntoView() },
  { key: 'w', words: 'what each word does', run: (studio) => studio.shorten() },
  { key: 'y', words: 'your drawings', run: (studio) => studio.workshop.open({ kind: 'drawings', brought: null }) },
  { key: 's', words: 'settings', run: (studio) => (studio.sheet.value = 'settings') },
  {
    key: 't',
    words: 'light, dark, or as the system',
    run: ({ settings }) => (settings.theme.value = THEMES[(THEMES.indexOf(settings.theme.value) + 1) % 3] ?? 'auto'),
  },
  { key: '?', words: 'this sheet', run: (studio) => (studio.sheet.value = 'help') },
]

export function listen(studio: Studio): () => void {
  const heard = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting(event.target)) return
    if (studio.sheet.value || studio.workshop.viewed.value || studio.workshop.task.value) return
    // A menu has keys of its own.
    if (event.target instanceof Element && event.target.closest('[role=menu]')) return
    const found = KEYS.find(({ key }) => key === event.key.toLowerCase())
    if (!found) return
    event.preventDefault()
    found.run(studio)
  }
  addEventListener('keydown', heard)
  return () => removeEventListener('keydown', heard)
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|INPUT|SELECT)$/.test(target.tagName))
}

function finer({ settings }: Studio, by: number): void {
  settings.fineness.value = Math.min(Math.max(settings.fineness.value + by, 0), FINEST)
}
