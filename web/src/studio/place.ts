/** Where the next picture is painted: on the server or in this browser. A pure rule, so that it can be read and tested. */

import type { EdgeState } from '../edge/edge-brush'
import type { Standing } from '../live/connection'
import type { Where } from './settings'

export interface Circumstances {
  where: Where
  standing: Standing
  edge: EdgeState
  /** The dial: 0 is words alone, which both places paint alike. Null is the model's own. */
  memory: number | null
  /** Milliseconds from a wish to its first frame on the server, if measured. */
  serverMs: number | null
}

/**
 * "server" and "edge" mean what they say, as soon as they can. "auto" takes the server, since only there the library's
 * drawings are looked at; the faster of the two where words alone are wanted; and the edge when the server is gone.
 */
export function choose({ where, standing, edge, memory, serverMs }: Circumstances): 'server' | 'edge' {
  const isReady = edge.name === 'ready'
  if (where === 'server' || !isReady) return 'server'
  if (where === 'edge' || standing === 'offline') return 'edge'
  return memory === 0 && serverMs !== null && edge.stepMs < serverMs ? 'edge' : 'server'
}

/** Whether the model is to be fetched into this browser now. */
export function wantsEdge({ where, standing, edge }: Pick<Circumstances, 'where' | 'standing' | 'edge'>): boolean {
  return edge.name === 'idle' && (where === 'edge' || (where === 'auto' && standing === 'offline'))
}

/** How it stands with this browser, in words. */
export function told(edge: EdgeState): string {
  switch (edge.name) {
    case 'idle':
      return 'Nothing is fetched into this browser yet. Once it is, it paints here without a server, by words alone.'
    case 'loading':
      return `Fetching the model: ${edge.megabytes} MB.`
    case 'ready':
      return `This browser paints a draft in ${Math.round(edge.stepMs)} ms with ${edge.threads === 1 ? 'one thread' : `${edge.threads} threads`}, by words alone.`
    case 'failed':
      return `This browser cannot paint: ${edge.message}`
  }
}
