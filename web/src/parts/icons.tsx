/** The page's few line icons, drawn on a grid of 20. They say nothing to a screen reader; their button does. */

const PATHS = {
  dice: 'M4 4h12v12H4zM7.500 7.500h.01M12.500 7.500h.01M10 10h.01M7.500 12.500h.01M12.500 12.500h.01',
  lock: 'M5 9h10v7H5zM7 9V6.500a3 3 0 0 1 6 0V9',
  unlock: 'M5 9h10v7H5zM7 9V6.500a3 3 0 0 1 5.800-1',
  down: 'M10 3v9M6 8.500l4 4 4-4M4 16.500h12',
  sliders: 'M3 6h8M15 6h2M3 14h2M9 14h8M11 4v4M5 12v4M9 12v4M15 4v4M11 6h4M5 14h4',
  help: 'M7.500 7.500a2.500 2.500 0 1 1 3.800 2.100c-.9.600-1.300 1-1.300 2M10 14.500h.01',
  close: 'M5 5l10 10M15 5L5 15',
  heart: 'M10 16.500S3.500 12.800 3.500 8.300A3.300 3.300 0 0 1 10 7a3.300 3.300 0 0 1 6.500 1.300c0 4.500-6.500 8.200-6.500 8.200Z',
  sun: 'M10 6.500a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7ZM10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M4.300 15.700l1.100-1.100M14.600 5.400l1.100-1.100',
  moon: 'M16 12.200A6.500 6.500 0 0 1 7.800 4a6.500 6.500 0 1 0 8.200 8.200Z',
  half: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM10 3v14M10 6h3.500M10 9h5M10 12h5M10 15h3.500',
  search: 'M9 3.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11ZM13 13l4 4',
  bin: 'M4 6h12M8 6V4h4v2M5.500 6l.8 10.500h7.400L14.500 6',
  chevron: 'M6 8l4 4 4-4',
  more: 'M5 10h.01M10 10h.01M15 10h.01',
  left: 'M16 10H4M8.500 5.500 4 10l4.500 4.500',
  right: 'M4 10h12M11.500 5.500 16 10l-4.500 4.500',
  up: 'M10 16V4M5.500 8.500 10 4l4.500 4.500',
  downwards: 'M10 4v12M5.500 11.500 10 16l4.500-4.500',
  undo: 'M4 8h8a4.500 4.500 0 0 1 0 9H9M7 4.500 3.500 8 7 11.500',
  brush: 'M16.500 3.500 9 11M9 11c-2.500-.5-4.500 1-4.500 3.500 0 1-.5 1.500-1.500 2 4 1 7.500-.5 7.500-3.500Z',
  frame: 'M4 5h12v10H4z',
  drawings: 'M3.500 6.500h10v10h-10zM6.500 6.500v-3h10v10h-3',
  tick: 'M4.500 10.500l3.500 3.500 7.500-8',
  picture: 'M3 4.500h14v11H3zM3 13l4-3.500 3 2.500 3.500-3.500L17 12M7 7.500h.01',
  easel: 'M5 4h10v8H5zM8 12l-2 5.500M12 12l2 5.500M10 12v4',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg class="icon" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill={filled ? 'currentColor' : 'none'}
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
