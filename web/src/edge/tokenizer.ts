/**
 * Words to WordPiece ids, read from the bundle's tokenizer.json: BERT's normaliser and splitter, then the longest
 * known pieces. The same ids as the engine's, or the same words would paint another picture.
 */

export const LENGTH = 32
const LONGEST_WORD = 100

interface TokenizerFile {
  model: { type?: string; vocab: Record<string, number>; unk_token: string; continuing_subword_prefix?: string; max_input_chars_per_word?: number }
  normalizer?: { type: string; lowercase?: boolean; strip_accents?: boolean | null; handle_chinese_chars?: boolean; clean_text?: boolean } | null
}

export class Tokenizer {
  private readonly vocabulary: Map<string, number>
  private readonly unknown: number
  private readonly start: number
  private readonly end: number
  private readonly prefix: string
  private readonly longest: number
  private readonly isLower: boolean

  constructor(file: TokenizerFile) {
    this.vocabulary = new Map(Object.entries(file.model.vocab))
    this.prefix = file.model.continuing_subword_prefix ?? '##'
    this.longest = file.model.max_input_chars_per_word ?? LONGEST_WORD
    this.isLower = file.normalizer?.lowercase ?? true
    const id = (token: string): number => {
      const found = this.vocabulary.get(token)
      if (found === undefined) throw new Error(`the tokenizer has no ${token}`)
      return found
    }
    this.unknown = id(file.model.unk_token)
    this.start = id('[CLS]')
    this.end = id('[SEP]')
  }

  /** Ids [32], 0 where there is nothing; a text that is too long loses its end, never its closing token. */
  encode(text: string): Int32Array {
    const pieces = this.words(text).flatMap((word) => this.pieces(word))
    const ids = new Int32Array(LENGTH)
    ids.set([this.start, ...pieces.slice(0, LENGTH - 2), this.end])
    return ids
  }

  private words(text: string): string[] {
    let clean = ''
    for (const character of text) {
      const code = character.codePointAt(0) ?? 0
      if (code === 0 || code === 0xfffd || (/\p{C}/u.test(character) && !/[\t\n\r]/.test(character))) continue
      if (/\s/u.test(character)) clean += ' '
      else if (isChinese(code)) clean += ` ${character} `
      else clean += character
    }
    if (this.isLower) clean = clean.normalize('NFD').replace(/\p{Mn}/gu, '').toLowerCase()
    return clean.match(SPLIT) ?? []
  }

  private pieces(word: string): number[] {
    const letters = [...word]
    if (letters.length > this.longest) return [this.unknown]
    const found: number[] = []
    let from = 0
    while (from < letters.length) {
      let to = letters.length
      let id: number | undefined
      for (; to > from; to -= 1) {
        id = this.vocabulary.get((from > 0 ? this.prefix : '') + letters.slice(from, to).join(''))
        if (id !== undefined) break
      }
      if (id === undefined) return [this.unknown]
      found.push(id)
      from = to
    }
    return found
  }
}

/** Each mark by itself, and runs of anything else but space. ASCII's symbols count as marks. */
const MARK = '!-\\/:-@\\[-`{-~\\p{P}'
const SPLIT = new RegExp(`[${MARK}]|[^\\s${MARK}]+`, 'gu')

function isChinese(code: number): boolean {
  return (
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0x3400 && code <= 0x4dbf) ||
    (code >= 0x20000 && code <= 0x2a6df) ||
    (code >= 0x2a700 && code <= 0x2b73f) ||
    (code >= 0x2b740 && code <= 0x2b81f) ||
    (code >= 0x2b820 && code <= 0x2ceaf) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0x2f800 && code <= 0x2fa1f)
  )
}
