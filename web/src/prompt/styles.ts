/** The looks that can be asked for by name; a test holds them equal to the vocabulary the model was trained with. */

export const STYLES = [
  'noto',
  'blob',
  'flat',
  'gradient',
  '3d',
  'twemoji',
  'emojione',
  'fx',
  'line',
  'hand-drawn',
  'pixel art',
  'icon',
  'weather icon',
  'silhouette',
  'clipart',
] as const
