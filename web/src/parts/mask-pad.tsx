/** A picture under a see-through mask: painted on with a pointer, or with the arrow keys and the space bar. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { clamp, covered, draw, edges, type Mark, type Point } from '../studio/mask'
import type { Subject } from '../studio/subject'

export type Tool = 'brush' | 'rectangle'

interface MaskPadProps {
  subject: Subject
  marks: readonly Mark[]
  tool: Tool
  /** In fractions of the shorter side. */
  radius: number
  erases: boolean
  add: (mark: Mark) => void
  undo: () => void
  /** Told after each change: the share that is covered, 0 to 1. */
  measured: (share: number) => void
}

const LONGEST = 512
/** What is covered is seen as wet paint: ultramarine, whatever the picture is. */
const WET = '#2740c4'

/** A mask's size: the picture's shape, no finer than anybody paints. */
export function maskSize({ width, height }: Subject): [number, number] {
  const scale = Math.min(1, LONGEST / Math.max(width, height))
  return [Math.round(width * scale), Math.round(height * scale)]
}

export function MaskPad({ subject, marks, tool, radius, erases, add, undo, measured }: MaskPadProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [drawing, setDrawing] = useState<Mark | null>(null)
  const [cursor, setCursor] = useState<Point | null>(null)
  const [corner, setCorner] = useState<Point | null>(null)
  const [width, height] = maskSize(subject)
  // A fraction of the shorter side; the ring is drawn as one of the pad's width.
  const size = radius * Math.min(1, subject.height / subject.width)
  const pending: Mark | null = drawing ?? (corner && cursor ? { kind: 'rectangle', from: corner, to: cursor, erases } : null)

  useEffect(() => {
    const context = canvas.current?.getContext('2d', { willReadFrequently: true })
    if (!context) return
    draw(context, pending ? [...marks, pending] : marks, width, height, WET)
    measured(covered(context.getImageData(0, 0, width, height).data))
  }, [marks, pending, width, height])

  const at = (event: PointerEvent): Point => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect()
    return { x: clamp((event.clientX - box.left) / box.width), y: clamp((event.clientY - box.top) / box.height) }
  }
  const begin = (event: PointerEvent): void => {
    if (event.button !== 0) return
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    const point = at(event)
    setCorner(null)
    setCursor(null)
    setDrawing(tool === 'brush' ? { kind: 'stroke', points: [point], radius, erases } : { kind: 'rectangle', from: point, to: point, erases })
  }
  const go = (event: PointerEvent): void => {
    if (!drawing) return
    const point = at(event)
    setDrawing(drawing.kind === 'stroke' ? { ...drawing, points: [...drawing.points, point] } : { ...drawing, to: point })
  }
  const end = (): void => {
    if (drawing && (drawing.kind === 'stroke' || isWide(drawing.from, drawing.to))) add(drawing)
    setDrawing(null)
  }

  const keys = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 0.1 : 0.02
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key]
    const from = cursor ?? { x: 0.5, y: 0.5 }
    if (move) {
      setCursor({ x: clamp(from.x + (move[0] ?? 0)), y: clamp(from.y + (move[1] ?? 0)) })
    } else if (event.key === ' ' || event.key === 'Enter') {
      setCursor(from)
      if (tool === 'brush') add({ kind: 'stroke', points: [from], radius, erases })
      else if (!corner) setCorner(from)
      else {
        if (isWide(corner, from)) add({ kind: 'rectangle', from: corner, to: from, erases })
        setCorner(null)
      }
    } else if (event.key === 'Backspace' || (event.key === 'z' && (event.ctrlKey || event.metaKey))) {
      undo()
    } else if (event.key === 'Escape' && corner) {
      // A corner that was set is given up first; the next Escape closes the sheet.
      setCorner(null)
      event.stopPropagation()
    } else return
    event.preventDefault()
  }

  return (
    <div
      class="mask-pad"
      role="application"
      tabIndex={0}
      autofocus
      aria-label="The picture, to paint on"
      aria-roledescription="mask"
      aria-describedby="mask-keys"
      style={{ aspectRatio: `${subject.width} / ${subject.height}`, '--aspect': subject.width / subject.height, '--radius': size }}
      data-tool={tool}
      onPointerDown={begin}
      onPointerMove={go}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={keys}
      onBlur={() => setCorner(null)}
    >
      <img src={subject.url()} alt={subject.words} draggable={false} />
      <canvas ref={canvas} width={width} height={height} aria-hidden="true" />
      {cursor && <i class="mask-cursor" aria-hidden="true" style={{ left: `${cursor.x * 100}%`, top: `${cursor.y * 100}%` }} />}
      <p class="visually-hidden" aria-live="polite">
        {cursor ? `${corner ? 'Opposite corner' : 'At'} ${Math.round(cursor.x * 100)} per cent across, ${Math.round(cursor.y * 100)} down` : ''}
      </p>
    </div>
  )
}

function isWide(from: Point, to: Point): boolean {
  const [left, top, right, bottom] = edges({ from, to })
  return right - left > 0.01 && bottom - top > 0.01
}
