/** Keep four: one job of four seeds, watched until it is painted. Knows nothing of markup. */

import { batch, computed, signal } from '@preact/signals'
import { ApiError } from '../api/http'
import * as jobs from '../api/jobs'
import type { Job, JobPicture, JobRequest } from '../api/jobs'
import { titleOf } from './deeds'

export interface Study {
  /** Null until the server has chosen it. */
  seed: number | null
  preview: string | null
  picture: JobPicture | null
}

const KEY = 'allaprima.four'

export class Four {
  readonly job = signal<Job | null>(null)
  readonly studies = signal<Study[]>([])
  readonly words = signal('')
  readonly title = signal(titleOf('paint'))
  readonly step = signal<{ index: number; count: number } | null>(null)
  readonly selected = signal(0)
  readonly trouble = signal<string | null>(null)
  readonly isWorking = computed(() => this.job.value !== null && !jobs.isOver(this.job.value.state))
  private stop: () => void = () => {}

  constructor(private readonly kept: () => void) {}

  async keep(request: JobRequest): Promise<void> {
    if (this.isWorking.value && this.job.value) await jobs.cancel(this.job.value.id).catch(() => undefined)
    const seed = request.seed ?? 0
    const count = request.count ?? 4
    batch(() => {
      this.words.value = request.prompt
      this.title.value = titleOf('paint')
      this.trouble.value = null
      this.step.value = null
      this.selected.value = 0
      this.studies.value = Array.from({ length: count }, (_, index) => ({
        seed: (seed + index) % 2 ** 32,
        preview: null,
        picture: null,
      }))
    })
    try {
      this.watch(await jobs.create({ ...request, count }))
    } catch (error) {
      batch(() => {
        this.job.value = null
        this.studies.value = []
        this.trouble.value = told(error)
      })
    }
  }

  /** Show a job of an operation in their place: `count` pictures called `title`, of these words. */
  begin(job: Job, title: string, words: string, count: number): void {
    batch(() => {
      this.words.value = words
      this.title.value = title
      this.trouble.value = null
      this.step.value = null
      this.selected.value = 0
      this.studies.value = Array.from({ length: count }, () => ({ seed: null, preview: null, picture: null }))
    })
    this.watch(job)
  }

  private watch(job: Job): void {
    this.stop()
    this.job.value = job
    remember(job.id)
    this.stop = jobs.follow(job.id, {
      state: (now) => this.settle(now),
      step: ({ index, count, previews }) => {
        batch(() => {
          this.step.value = { index: index + 1, count }
          this.studies.value = this.studies.value.map((each, place) => ({
            ...each,
            preview: previews[place] ?? each.preview,
          }))
        })
      },
      picture: (picture) => this.hang(picture),
      lost: () => (this.trouble.value = 'The line to the server broke. The four go on being painted and will be in the gallery.'),
    })
  }

  /** After a reload: the four that were on the page. */
  async restore(): Promise<void> {
    const id = remembered()
    if (!id) return
    try {
      const job = await jobs.look(id)
      batch(() => {
        this.words.value = typeof job.request?.prompt === 'string' ? job.request.prompt : (job.pictures[0]?.recipe.prompt ?? '')
        this.title.value = titleOf(job.kind, job.request?.arguments)
        this.studies.value = job.pictures.map((picture) => ({ seed: picture.seed, preview: null, picture }))
        this.job.value = job
      })
      if (!jobs.isOver(job.state)) this.watch(job)
    } catch {
      remember('')
    }
  }

  async cancel(): Promise<void> {
    const job = this.job.value
    if (!job || !this.isWorking.value) return
    try {
      this.settle(await jobs.cancel(job.id))
    } catch (error) {
      this.trouble.value = told(error)
    }
  }

  private settle(job: Job): void {
    batch(() => {
      this.job.value = job
      for (const picture of job.pictures ?? []) this.hang(picture)
      if (job.state === 'failed') {
        this.trouble.value = job.error ?? 'The four could not be painted.'
      }
    })
    if (jobs.isOver(job.state)) this.kept()
  }

  private hang(picture: JobPicture): void {
    const studies = [...this.studies.value]
    while (studies.length <= picture.index) studies.push({ seed: picture.seed, preview: null, picture: null })
    const before = studies[picture.index]
    studies[picture.index] = { seed: picture.seed, preview: before?.preview ?? null, picture }
    this.studies.value = studies
  }
}

function told(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
  if (error.isGone) return 'The server is away; four can be kept when it is back.'
  if (error.status === 429) return `The studio is full. Try again in ${Math.ceil(error.retryAfter ?? 5)} s.`
  return error.message
}

function remember(id: string): void {
  try {
    sessionStorage.setItem(KEY, id)
  } catch {
    // Then the four are found in the gallery only.
  }
}

function remembered(): string {
  try {
    return sessionStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}
