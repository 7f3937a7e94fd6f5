import { describe, expect, it } from 'vitest'
import { aspectOf, lex, says, settled } from '../src/prompt/lexer'

const kinds = (text: string): string[] => lex(text).map((span) => `${span.kind}:${text.slice(span.start, span.end)}`)

describe('lex', () => {
  it.each([
    ['a red fox', ['words:a red fox']],
    ['space::2 ship', ['words:space', 'weight:::2', 'words: ship']],
    ['tulips:: red::-.5', ['words:tulips', 'weight:::', 'words: red', 'weight:::-.5']],
    // A number that belongs to a word is no weight.
    ['cube::3D render', ['words:cube', 'weight:::', 'words:3D render']],
    ['a sign "open --ar"', ['words:a sign ', 'quote:"open --ar"']],
    ['a “gentle” sign', ['words:a ', 'quote:“gentle”', 'words: sign']],
    ['a 12" record', ['words:a 12" record']],
    ['a {red, blue} fox', ['words:a ', 'brace:{', 'words:red, blue', 'brace:}', 'words: fox']],
    ['a (red:1.3) cat', ['words:a ', 'emphasis:(red:1.3)', 'words: cat']],
    ['a (red) cat at 10:30', ['words:a (red) cat at 10:30']],
    ['a [grey] cat', ['words:a ', 'less:[grey]', 'words: cat']],
    ['fox --ar 3:2 --no a, b', ['words:fox ', 'parameter:--ar', 'value: 3:2 ', 'parameter:--no', 'value: a, b']],
    ['fox —ar 3:2', ['words:fox ', 'parameter:—ar', 'value: 3:2']],
    ['cat—sleeping well-known', ['words:cat—sleeping well-known']],
    ['fox --choas 5', ['words:fox ', 'unknown:--choas', 'value: 5']],
    ['--ar 1:1', ['parameter:--ar', 'value: 1:1']],
    ['https://a.b/c.png fox', ['picture:https://a.b/c.png', 'words: fox']],
    ['a.png::2 fox', ['picture:a.png', 'weight:::2', 'words: fox']],
    ['a fox a.png', ['words:a fox a.png']],
    ['\\{ fox', ['escape:\\{', 'words: fox']],
    ['', []],
  ])('%s', (text, expected) => {
    expect(kinds(text)).toEqual(expected)
  })

  it('covers any text without a gap', () => {
    const pieces = ['--', ' ', '::', '"', '{', '}', '(a:1)', '[', ']', '\\', 'ar', '2', '🦊', '—', '\n', '.png', 'http://']
    const torn: string[] = []
    let state = 7
    for (let round = 0; round < 2000; round += 1) {
      let text = ''
      for (let i = 0; i < 9; i += 1) {
        state = (state * 1103515245 + 12345) % 2147483648
        text += pieces[state % pieces.length] ?? ''
      }
      if (lex(text).map((span) => text.slice(span.start, span.end)).join('') !== text) torn.push(text)
    }
    expect(torn).toEqual([])
  })
})

it('settled makes white space single', () => {
  expect(settled('  a \n fox ')).toBe('a fox')
})

it('says finds a parameter by any of its names', () => {
  expect(says('fox --style line', ['style'])).toBe(true)
  expect(says('a "--style" fox', ['style'])).toBe(false)
  expect(says('fox —AR 1:1', ['aspect', 'ar'])).toBe(true)
})

it.each([
  ['fox --ar 3:2', 1.5],
  ['fox —aspect 9:16 --no tree', 0.5625],
  ['fox --ar', 1],
  ['fox --ar 99:1', 1],
  ['a "--ar 3:2" sign', 1],
])('aspectOf %s', (text, aspect) => {
  expect(aspectOf(text)).toBe(aspect)
})
