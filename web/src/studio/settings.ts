/** What the person at the easel has set, kept in this browser. */

import { effect, signal, type Signal } from '@preact/signals'

export type Theme = 'auto' | 'light' | 'dark'
export type Where = 'auto' | 'server' | 'edge'

/** The dial from draft to fine: how many steps the picture is refined to when the typing pauses. */
export const FINENESS = [
  { steps: 1, name: 'draft' },
  { steps: 2, name: 'sketch' },
  { steps: 4, name: 'study' },
  { steps: 8, name: 'painting' },
  { steps: 16, name: 'fine' },
  { steps: 32, name: 'finest' },
  { steps: 'auto', name: 'auto' },
] as const
/** The place of the finest one that is a number; behind it stands as many as the words need. */
export const FINEST = FINENESS.length - 2
/** What is taken where a number is needed and none was chosen. */
export const USUAL_STEPS = 4

export const SEEDS = 2 ** 32

export interface Settings {
  fineness: Signal<number>
  /** 0..1, or null: what the model recommends. */
  memory: Signal<number | null>
  /** 0..10, or null: what the model recommends. */
  guidance: Signal<number | null>
  /** A style's name, or empty: the words decide. */
  style: Signal<string>
  seed: Signal<number>
  /** Whether the seed stays when somebody begins anew; while a prompt changes it always does, so that it morphs. */
  seedLocked: Signal<boolean>
  theme: Signal<Theme>
  where: Signal<Where>
}

const KEY = 'allaprima.settings'

export function newSeed(): number {
  const [seed] = crypto.getRandomValues(new Uint32Array(1))
  return seed ?? 0
}

type Kept = { [K in keyof Settings]?: unknown }

export function openSettings(store: Storage | undefined = globalThis.localStorage): Settings {
  const kept = read(store)
  const number = (value: unknown, low: number, high: number): number | undefined =>
    typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high ? value : undefined
  const one = <T extends string>(value: unknown, ...values: T[]): T | undefined => values.find((each) => each === value)
  const settings: Settings = {
    fineness: signal(number(kept.fineness, 0, FINENESS.length - 1) ?? 2),
    memory: signal(number(kept.memory, 0, 1) ?? null),
    guidance: signal(number(kept.guidance, 0, 10) ?? null),
    style: signal(typeof kept.style === 'string' ? kept.style : ''),
    seed: signal(number(kept.seed, 0, SEEDS - 1) ?? newSeed()),
    seedLocked: signal(kept.seedLocked === true),
    theme: signal(one(kept.theme, 'auto', 'light', 'dark') ?? 'auto'),
    where: signal(one(kept.where, 'auto', 'server', 'edge') ?? 'auto'),
  }
  effect(() => {
    const values = Object.fromEntries(Object.entries(settings).map(([key, each]) => [key, each.value]))
    try {
      store?.setItem(KEY, JSON.stringify(values))
    } catch {
      // A full or forbidden store costs the memory of the settings and nothing else.
    }
  })
  return settings
}

function read(store: Storage | undefined): Kept {
  try {
    const kept: unknown = JSON.parse(store?.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? (kept as Kept) : {}
  } catch {
    return {}
  }
}
