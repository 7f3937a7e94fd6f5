/** Who paints: the student, in few steps with guidance in it, or the denoiser. The engine's rule, in its order. */

import type { Manifest, Student } from './bundle'

export interface Plan {
  steps: number
  /** How many weighed parts the prompt has. */
  parts: number
  guidance: number | null
}

/** The student where it was taught what is asked; null: the denoiser. */
export function studentFor({ steps, parts, guidance }: Plan, { student }: Manifest): Student | null {
  if (!student || !student.grids[String(steps)] || parts > 1) return null
  return guidance === null || guidance === student.guidance_scale ? student : null
}
