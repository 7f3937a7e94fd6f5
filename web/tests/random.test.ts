import { expect, it } from 'vitest'
import { Generator } from '../src/edge/random'
import normals from './fixtures/normals.json'

// Made with: numpy.random.Generator(PCG64(seed)).standard_normal((16, 16, 16), numpy.float32)
it.each(normals)('seed $seed gives numpy’s noise', ({ seed, first, last, sum, squares, largest }) => {
  const [main, ...stream] = seed as [number, ...number[]]
  const noise = [...new Generator(main, ...stream).normals(4096)]
  first.forEach((value, index) => expect(noise[index]).toBeCloseTo(value, 5))
  last.forEach((value, index) => expect(noise.at(index - last.length)).toBeCloseTo(value, 5))
  expect(noise.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 2)
  expect(noise.reduce((total, value) => total + value * value, 0)).toBeCloseTo(squares, 1)
  expect(Math.max(...noise.map(Math.abs))).toBeCloseTo(largest, 4)
})
