/** Where the next picture is painted: on the server or in this browser. A pure rule, so that it can be read and tested. */

import type { EdgeState } from '../edge/edge-brush'
import type { Standing } from '../live/connection'
import type { Where } from './settings'

export interface Circumstances {
  where: Where
  standing: Standing
  edge: EdgeState
  /** Whether this picture asks for what only the server can do. */
  isBeyond: boolean
  /** Whether all that the browser needs was fetched at an earlier visit. */
  isKept: boolean
  /** Milliseconds from a wish to its first stroke on the server, if measured. */
  serverMs: number | null
}

/**
 * "server" and "edge" mean what they say, as soon as they can. "auto" takes the faster of the two, as measured, but the
 * server for what only the server can do; and the edge when the server is gone.
 */
export function choose({ where, standing, edge, isBeyond, serverMs }: Circumstances): 'server' | 'edge' {
  if (where === 'server' || edge.name !== 'ready') return 'server'
  if (where === 'edge' || standing === 'offline') return 'edge'
  return !isBeyond && serverMs !== null && edge.strokeMs < serverMs ? 'edge' : 'server'
}

/** Whether the model is to be opened in this browser now: for "auto" only where nothing has to be fetched, or the server is gone. */
export function wantsEdge({ where, standing, edge, isKept, serverMs }: Omit<Circumstances, 'isBeyond'>): boolean {
  if (edge.name !== 'idle') return false
  return where === 'edge' || (where === 'auto' && (standing === 'offline' || (isKept && serverMs !== null)))
}

export interface Amount {
  bytes: number
  later: number
}

const BACKENDS = { webgpu: 'WebGPU', wasm: 'WebAssembly' } as const

/** How it stands with this browser, in words; `amount` is what is still to be fetched, if that is known. */
export function told(edge: EdgeState, amount: Amount | null): string {
  const megabytes = (bytes: number): string => `${Math.max(Math.round(bytes / 1e6), 1)} MB`
  switch (edge.name) {
    case 'idle': {
      if (amount?.bytes === 0) return 'The model is kept in this browser, and can paint here without a server.'
      const once = amount ? `${megabytes(amount.bytes)} are fetched once` : 'The model is fetched once'
      const later = amount?.later ? `, ${megabytes(amount.later)} more when weights, --no or many steps first need them` : ''
      return `To paint in this browser, without a server if need be, ${once}${later}.`
    }
    case 'loading':
      return `Opening the model: ${edge.megabytes} MB.`
    case 'ready':
      return (
        `This browser paints with ${BACKENDS[edge.backend]}, ` +
        `${edge.threads === 1 ? 'one thread' : `${edge.threads} threads`}: ${Math.round(edge.strokeMs)} ms to the first stroke. ` +
        'Your own drawings, pictures in the words, letters, braces, --stop, --tile, --chaos and --weird are the server’s.'
      )
    case 'failed':
      return `This browser cannot paint: ${edge.message}`
  }
}
