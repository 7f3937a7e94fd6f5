/** What can be done with a picture: the one table that the buttons, the menus, the keys and the lineage are made from. */

import type { Done, Recipe } from './recipe'
import type { Studio } from './studio'
import { ofStudy, type Subject } from './subject'

export type Group = 'row' | 'Around it' | 'From it' | 'The picture'

export interface Deed {
  id: string
  words: string
  group: Group
  /** The server's operation that it is. */
  needs?: string
  key?: string
  /** Why it cannot be done with this one; null where it can. */
  off?: (subject: Subject) => string | null
  run: (studio: Studio, subject: Subject) => void
}

const smaller = (side: number) => (subject: Subject) =>
  Math.max(subject.width, subject.height) >= side ? 'It is that large already' : null

const vary = (strength: 'subtle' | 'strong', title: string) => (studio: Studio, subject: Subject) =>
  void studio.workshop.run('vary', [subject], { strength }, title)

const enlarge = (side: number) => (studio: Studio, subject: Subject) =>
  void studio.workshop.run('upscale', [subject], { side }, `Enlarged to ${side}`, 1)

const zoom = (factor: number) => (studio: Studio, subject: Subject) =>
  void studio.workshop.run('zoom', [subject], { factor }, `Zoomed out ${factor}×`)

const pan = (direction: string) => (studio: Studio, subject: Subject) =>
  void studio.workshop.run('pan', [subject], { direction }, `Panned ${direction}`)

const sheet = (kind: 'remix' | 'region' | 'zoom' | 'describe' | 'begin') => (studio: Studio, subject: Subject) =>
  studio.workshop.open({ kind, subject })

/** Those of the row stand as buttons; the others wait in a menu, by their groups. */
export const DEEDS: readonly Deed[] = [
  { id: 'take', words: 'Take it up', group: 'row', key: 'p', run: (studio, subject) => studio.takeUp(subject) },
  { id: 'subtle', words: 'Vary a little', group: 'row', key: 'v', needs: 'vary', run: vary('subtle', 'A little different') },
  { id: 'strong', words: 'Vary a lot', group: 'row', key: 'b', needs: 'vary', run: vary('strong', 'Quite different') },
  { id: 'enlarge', words: 'Enlarge to 512', group: 'row', key: 'u', needs: 'upscale', off: smaller(512), run: enlarge(512) },
  { id: 'remix', words: 'Change the words…', group: 'row', key: 'i', needs: 'vary', run: sheet('remix') },
  { id: 'region', words: 'Change a part…', group: 'row', key: 'm', needs: 'region', run: sheet('region') },
  { id: 'zoom15', words: 'Zoom out 1.5×', group: 'Around it', needs: 'zoom', run: zoom(1.5) },
  { id: 'zoom2', words: 'Zoom out 2×', group: 'Around it', key: 'z', needs: 'zoom', run: zoom(2) },
  { id: 'zoom', words: 'Zoom out as far as…', group: 'Around it', needs: 'zoom', run: sheet('zoom') },
  { id: 'left', words: 'Pan left', group: 'Around it', needs: 'pan', run: pan('left') },
  { id: 'right', words: 'Pan right', group: 'Around it', needs: 'pan', run: pan('right') },
  { id: 'up', words: 'Pan up', group: 'Around it', needs: 'pan', run: pan('up') },
  { id: 'down', words: 'Pan down', group: 'Around it', needs: 'pan', run: pan('down') },
  {
    id: 'square',
    words: 'Make it square',
    group: 'Around it',
    needs: 'square',
    off: ({ width, height }) => (width === height ? 'It is square already' : null),
    run: (studio, subject) => void studio.workshop.run('square', [subject], {}, 'Made square'),
  },
  { id: 'enlarge4', words: 'Enlarge to 1024', group: 'The picture', needs: 'upscale', off: smaller(1024), run: enlarge(1024) },
  {
    id: 'reroll',
    words: 'The same words again',
    group: 'From it',
    needs: 'reroll',
    run: (studio, subject) => void studio.workshop.run('reroll', [subject], {}, 'The same words again'),
  },
  { id: 'begin', words: 'Begin from it…', group: 'From it', needs: 'image-to-image', run: sheet('begin') },
  { id: 'describe', words: 'Describe it…', group: 'From it', key: 'c', run: sheet('describe') },
  {
    id: 'background',
    words: 'Transparent background',
    group: 'The picture',
    needs: 'background',
    run: (studio, subject) => void studio.workshop.run('background', [subject], {}, 'Without its background', 1),
  },
  {
    id: 'recipe',
    words: 'Look closely, with its recipe',
    group: 'The picture',
    key: 'o',
    run: ({ workshop }, subject) => (workshop.viewed.value = subject),
  },
]

export const deed = (id: string): Deed => {
  const found = DEEDS.find((each) => each.id === id)
  if (!found) throw new Error(`No deed is called ${id}.`)
  return found
}

/** Why a deed is off for a picture, or null; `subject` is null while it is still being painted. */
export function whyNot(studio: Studio, { needs, off }: Deed, subject: Subject | null): string | null {
  if (needs && !studio.workshop.offered.value.has(needs)) return 'This server does not offer it'
  if (!subject) return 'Still being painted'
  return off?.(subject) ?? null
}

/** The picture at this place of the four, once it is there. */
export function studyAt({ four }: Studio, place: number): Subject | null {
  const picture = four.studies.value[place]?.picture
  const job = four.job.value
  return picture && job ? ofStudy(job, picture) : null
}

/** Do it with the chosen one of the four, or say why not. */
export function doWithChosen(studio: Studio, each: Deed): void {
  if (studio.four.studies.value.length === 0) return studio.say('Keep four first: Enter, or K.')
  const subject = studyAt(studio, studio.four.selected.value)
  const why = whyNot(studio, each, subject)
  if (why || !subject) return studio.say(`${each.words.replace('…', '')}: ${why?.toLowerCase() ?? 'not now'}.`)
  each.run(studio, subject)
}

const TITLES: Record<string, string> = {
  'image-to-image': 'Begun from a picture',
  background: 'Without its background',
  blend: 'Blended',
  imagine: 'Four studies',
  paint: 'Four studies',
  pan: 'Panned',
  recipe: 'Painted again',
  region: 'A part painted anew',
  reroll: 'The same words again',
  square: 'Made square',
  upscale: 'Enlarged',
  vary: 'Varied',
  vector: 'Traced as shapes',
  zoom: 'Zoomed out',
}

/** What a grid of this kind of job is called. */
export function titleOf(kind: string, given?: unknown): string {
  const asked = (given ?? {}) as Record<string, unknown>
  if (kind === 'vary' && asked.strength === 'subtle') return 'A little different'
  if (kind === 'vary' && asked.strength === 'strong') return 'Quite different'
  if (kind === 'upscale' && asked.side) return `Enlarged to ${String(asked.side)}`
  if (kind === 'zoom' && asked.factor) return `Zoomed out ${String(asked.factor)}×`
  if (kind === 'pan' && asked.direction) return `Panned ${String(asked.direction)}`
  return TITLES[kind] ?? kind
}

/** How a picture came to be, oldest first: "painted from words", "varied a little", ... along the first of its parents. */
export function lineageOf(recipe: Recipe): string[] {
  const steps: string[] = []
  const ancestry = recipe.ancestry ?? {}
  let at: Recipe | undefined = recipe
  for (let depth = 0; at && depth < 200; depth += 1) {
    steps.unshift(stepOf(at))
    at = at.operation ? ancestry[at.parents?.[0] ?? ''] : undefined
  }
  return steps
}

function stepOf({ operation, parents = [], given }: Recipe): string {
  if (given) return `Brought${given.name ? `: ${given.name}` : ''}`
  if (!operation || operation.kind === 'imagine') return 'Painted from words'
  const others = parents.length > 1 ? ` of ${parents.length} pictures` : ''
  return `${said(operation)}${others}`
}

function said({ kind, arguments: given }: Done): string {
  if (kind === 'vary' && given.strength === 'subtle') return 'Varied a little'
  if (kind === 'vary' && given.strength === 'strong') return 'Varied a lot'
  return titleOf(kind, given)
}

