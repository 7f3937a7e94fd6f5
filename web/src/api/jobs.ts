/** Jobs: pictures that are to be kept, and what is told of them while they are painted. */

import type { Recipe } from '../studio/recipe'
import { ask } from './http'

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

export interface JobPicture {
  index: number
  url: string
  seed: number
  width: number
  height: number
  recipe: Recipe
  /** Its name in the gallery. */
  entry: string | null
}

export interface Job {
  id: string
  kind: string
  state: JobState
  /** Seconds since 1970. */
  created: number
  position: number | null
  eta_ms: number | null
  step: number | null
  steps: number | null
  pictures: JobPicture[]
  error: string | null
  notes: string[]
  /** What was asked for. */
  request?: Record<string, unknown>
}

export interface JobStep {
  index: number
  count: number
  t: number
  /** Small pictures as data URLs, one for each of the grid. */
  previews: string[]
}

export interface JobRequest {
  prompt: string
  count?: number
  seed?: number
  steps?: number | 'auto'
  memory?: number | null
  guidance?: number | null
  style?: string
  width?: number
  height?: number
}

export interface JobWatcher {
  state(job: Job): void
  step(step: JobStep): void
  picture(picture: JobPicture): void
  /** The line broke for good. */
  lost(): void
}

export const create = (request: JobRequest): Promise<Job> => ask('POST', '/api/jobs', request)
export const look = (id: string): Promise<Job> => ask('GET', `/api/jobs/${encodeURIComponent(id)}`)
export const cancel = (id: string): Promise<Job> => ask('DELETE', `/api/jobs/${encodeURIComponent(id)}`)

/** Follow a job until it ends; the answer stops following. */
export function follow(id: string, watcher: JobWatcher): () => void {
  const source = new EventSource(`/api/jobs/${encodeURIComponent(id)}/events`)
  const on = <T>(name: string, tell: (value: T) => void): void => {
    source.addEventListener(name, (event) => {
      // The browser's own "error" events carry no data.
      const { data } = event as MessageEvent<unknown>
      if (typeof data === 'string' && data) tell(JSON.parse(data) as T)
    })
  }
  on<Job>('state', watcher.state)
  on<JobStep>('step', watcher.step)
  on<JobPicture>('picture', watcher.picture)
  for (const end of ['done', 'failed', 'cancelled']) {
    on<Job>(end, (job) => {
      source.close()
      watcher.state(job)
    })
  }
  source.onerror = () => {
    // The browser tries again by itself unless it gave up.
    if (source.readyState === EventSource.CLOSED) watcher.lost()
  }
  return () => source.close()
}

export function isOver(state: JobState): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}
