/** The wall: the picture that follows the words, and beneath it how far it is. */

import { useEffect, useRef } from 'preact/hooks'
import { settled } from '../prompt/lexer'
import type { Studio } from '../studio/studio'
import { Mark } from './mark'
import { WallCanvas } from './wall-canvas'

export const STARTERS = [
  'a red fox in the snow',
  'three blue birds over the ocean at sunset',
  'a pixel art castle on a hill at night',
  'a yellow boat on a calm lake, watercolor',
]

export function Wall({ studio }: { studio: Studio }) {
  const { easel } = studio
  const canvas = useRef<HTMLCanvasElement>(null)
  const isBlank = !settled(easel.prompt.value)
  const caption = easel.finished.value?.recipe.prompt ?? easel.prompt.value

  useEffect(() => {
    if (!canvas.current) return
    const wall = new WallCanvas(canvas.current, () => matchMedia('(prefers-reduced-motion: reduce)').matches)
    easel.show = (frame, aspect, isCurrent) => {
      void wall.show(frame, aspect, isCurrent).then((isShown) => {
        if (!isShown || !canvas.current) return
        canvas.current.dataset.shown = `${frame.id}/${frame.index}/${frame.kind}`
      })
    }
    studio.wall = wall
    return () => {
      easel.show = () => {}
      studio.wall = null
    }
  }, [studio, easel])

  return (
    <section class="wall" aria-label="The picture">
      <div class="canvas" data-blank={isBlank ? '' : undefined} data-wet={easel.isBusy.value ? '' : undefined}>
        <canvas ref={canvas} role="img" aria-label={isBlank ? 'An empty canvas' : caption} />
        {isBlank && <Blank studio={studio} />}
      </div>
      <Strokes studio={studio} />
    </section>
  )
}

function Blank({ studio }: { studio: Studio }) {
  return (
    <div class="blank">
      <Mark size={56} />
      <p>Write a few words, and the picture begins. Or start from these:</p>
      <ul>
        {STARTERS.map((words) => (
          <li key={words}>
            <button type="button" class="starter" onClick={() => studio.easel.write(words)}>
              {words}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Each step a dab of paint; and the same in words, told quietly to those who listen. */
function Strokes({ studio }: { studio: Studio }) {
  const { easel } = studio
  const progress = easel.progress.value
  const finished = easel.finished.value
  const isBlank = !settled(easel.prompt.value)
  const count = progress?.count ?? finished?.recipe.steps ?? 0
  const done = progress ? progress.index : count
  const total = finished?.timing.total
  let says = ''
  if (isBlank) says = ''
  else if (easel.mistake.value) says = 'Waiting for the words'
  else if (!studio.canPaint.value && studio.standing.value === 'offline') says = 'The painter is away; the last picture stays'
  else if (progress) says = progress.final ? (count ? `Refining, step ${Math.min(progress.index + 1, count)} of ${count}` : 'Refining') : 'Sketching'
  else if (finished) says = `Finished in ${count} ${count === 1 ? 'step' : 'steps'}${total ? `, ${Math.round(total)} ms` : ''}, ${finished.by === 'edge' ? 'in this browser' : 'on the server'}`
  return (
    <div class="strokes">
      <p class="says">{says}</p>
      <p class="visually-hidden" aria-live="polite" id="progress">
        {progress ? '' : isBlank ? '' : finished ? `Finished: ${finished.recipe.prompt}` : ''}
      </p>
      {!isBlank && (
        <span class="dabs" aria-hidden="true">
          {Array.from({ length: Math.min(count, 32) }, (_, index) => (
            <i key={index} data-done={index < done ? '' : undefined} />
          ))}
        </span>
      )}
    </div>
  )
}
