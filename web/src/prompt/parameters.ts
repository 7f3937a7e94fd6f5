/** The names a parameter may be written by; docs/reference/parameters.md is the table, and a test holds the two equal. */

export const PARAMETERS: readonly (readonly [string, ...string[]])[] = [
  ['aspect', 'ar'],
  ['chaos', 'c'],
  ['stylize', 's'],
  ['weird', 'w'],
  ['exp'],
  ['raw'],
  ['style'],
  ['quality', 'q'],
  ['seed'],
  ['no'],
  ['iw'],
  ['sref'],
  ['sw'],
  ['sv'],
  ['cref'],
  ['cw'],
  ['oref'],
  ['ow'],
  ['edit'],
  ['profile', 'p', 'personalize'],
  ['tile'],
  ['repeat', 'r'],
  ['stop'],
  ['version', 'v'],
  ['niji'],
  ['draft'],
  ['hd'],
  ['sd'],
  ['fast'],
  ['relax'],
  ['turbo'],
  ['public'],
  ['stealth'],
  ['video'],
  ['motion'],
  ['loop'],
  ['end'],
  ['bs'],
]

const NAMES = new Set(PARAMETERS.flat())

export function isParameter(name: string): boolean {
  return NAMES.has(name.toLowerCase())
}
