import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PARAMETERS } from '../src/prompt/parameters'
import { mended, toUnits } from '../src/prompt/positions'
import { STYLES } from '../src/prompt/styles'
import { paintRequest, withStyle } from '../src/live/server-brush'

const repository = new URL('../../', import.meta.url)
const text = (path: string): string => readFileSync(new URL(path, repository), 'utf8')

it('knows the parameters of the reference', () => {
  const rows = text('docs/reference/parameters.md').matchAll(/^\| (\[`--.*?) \|/gm)
  const names = [...rows].map((row) => [...(row[1] ?? '').matchAll(/`--([\w-]+)`/g)].map((name) => name[1]))
  expect(PARAMETERS.map((each) => [...each])).toEqual(names)
})

it('knows the styles of the vocabulary', () => {
  const source = /^STYLES[^{]*\{(.*?)^\}/ms.exec(text('src/allaprima/scene/vocabulary.py'))?.[1] ?? ''
  expect([...STYLES]).toEqual([...source.matchAll(/^ {4}"([^"]+)":/gm)].map((match) => match[1]))
})

describe('positions', () => {
  it('counts code points', () => {
    expect(toUnits('🦊🦊 --x', 3)).toBe(5)
    expect(toUnits('fox', 9)).toBe(3)
  })

  it.each([
    ['a cat --choas 5', 6, 'unrecognized', '--chaos', 'a cat --chaos 5'],
    ['a cat --ar x', 11, 'bad_value', '--ar 16:9', 'a cat --ar 16:9'],
    ['cat --ar 2:3 dog', 13, 'text_after_parameters', 'cat dog --ar 2:3', 'cat dog --ar 2:3'],
    ['a {red, blue cat', 2, 'unbalanced_braces', '\\{', 'a \\{red, blue cat'],
    ['poppies--ar 2:3', 7, 'missing_space', ' --ar', 'poppies --ar 2:3'],
    ['a cat --c 500', 10, 'out_of_range', '--c 100', 'a cat --c 100'],
    ['cat --v6', 7, 'missing_space', '--v 6', 'cat --v 6'],
    ['a cat --ar', 6, 'missing_value', '--ar 16:9', 'a cat --ar 16:9'],
  ])('mends %s', (prompt, unit, kind, suggestion, expected) => {
    expect(mended(prompt, unit, kind, suggestion)).toBe(expected)
  })

  it('does not guess', () => {
    expect(mended('a::-1', 3, 'weights_not_positive', null)).toBeNull()
    expect(mended('a fox', 2, null, 'something else')).toBeNull()
  })
})

describe('a wish for the server', () => {
  const wish = { id: 3, prompt: 'fox ', seed: 1, steps: 2, memory: null, guidance: 2, style: 'pixel art', final: true }

  it('says the style in the prompt', () => {
    expect(paintRequest(wish)).toEqual({
      type: 'paint', id: 3, prompt: 'fox --style pixel-art', seed: 1, steps: 2, memory: null, guidance: 2, final: true,
    })
  })

  it('leaves a style that was written alone', () => {
    expect(withStyle('fox --style line', '3d')).toBe('fox --style line')
  })
})
