/** The mark: an A of two wet strokes, ultramarine and vermilion, that mix where they cross. */

export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <clipPath id="mark-left">
        <path d={LEFT} />
      </clipPath>
      <path d={LEFT} fill="var(--blue-paint)" />
      <path d={RIGHT} fill="var(--red-paint)" />
      <path d={RIGHT} fill="var(--violet-paint)" clip-path="url(#mark-left)" />
    </svg>
  )
}

const LEFT = 'M13.2 4.4c1.9-1.5 5.9-.6 5.7 2.2C18.600 9.700 12.400 22.600 9.900 26.700 8.500 29 3.300 29.300 3 26.300 2.700 23.400 10.800 6.300 13.200 4.400Z'
const RIGHT = 'M14.100 4.200c1.400-2 5.200-1.700 6.400.4 2.400 4.200 8.700 17.500 8.700 20.900 0 3.200-5 3.700-6.700 1.200C20.300 23.400 14.300 11 13.600 7.600 13.300 6.200 13.400 5.100 14.100 4.200Z'
