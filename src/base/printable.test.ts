import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable, printableAscii, printableJson } from './printable.ts'

/** Whatever a string can hold, lone surrogates among it, with what is dangerous more often than chance has it. */
const dangerous = fc.constantFrom(
  ...['\u0000', '\t', '\n', '\r', '\u001b[2K', '\u007f', '\u0085', '\u009b31m', '\u00a0', '\u00ad', '\u061c'],
  ...['\u115f', '\u180e', '\u200b', '\u200e', '\u2028', '\u2029', '\u202e', '\u2066', '\u2800', '\u3164'],
  ...['\ufeff', '\ud800', '\udc00', '\ue000', '\uffff', '\u{e0041}', '\u{10ffff}'],
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: dangerous }),
  fc.array(fc.oneof(dangerous, fc.string())).map((parts) => parts.join('')),
)
/** Written anew, so that a slip in the code is not repeated: by class, and one character at a time. */
const isHarmless = (shown: string): boolean => !/[\p{C}\p{Z}\p{DI}]/u.test(shown.replaceAll(' ', ''))

describe('printable', () => {
  it('leaves nothing that a terminal obeys, that breaks the line, turns it or cannot be seen', () => {
    fc.assert(fc.property(text, (any) => isHarmless(printable(any))))
  })

  it('is once as often as it is called', () => {
    fc.assert(fc.property(text, (any) => printable(printable(any)) === printable(any)))
  })

  it('shows which character stood there', () => {
    expect(printable('a\n\u001b[31mVerified OK\u202e\u009b\ud800')).toBe(
      String.raw`a\u{a}\u{1b}[31mVerified OK\u{202e}\u{9b}\u{d800}`,
    )
  })

  it('keeps what people write', () => {
    for (const kept of ['/home/Jürgen/Übung 1', '日本語', 'שלום', '“quoted” – and … ✓ 🎉', '[~]{1}\\'])
      expect(printable(kept)).toBe(kept)
  })

  it('cuts what is too long before anything else is done with it', () => {
    expect(printable('abc', { maxLength: 3 })).toBe('abc')
    expect(printable('\n'.repeat(1 << 20), { maxLength: 2 })).toBe(String.raw`\u{a}\u{a}…`)
  })
})

describe('printableAscii', () => {
  it('holds printable ASCII and nothing else', () => {
    fc.assert(fc.property(text, (any) => /^[ -~]*$/.test(printableAscii(any))))
  })

  it('tells apart what looks alike', () => {
    expect(printableAscii('gitl\u0430b.example')).toBe(String.raw`gitl\u{430}b.example`)
  })
})

describe('printableJson', () => {
  it('says the same, and holds nothing that moves a cursor or turns a line', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), text, (value, name) => {
        const json = JSON.stringify({ [name]: value, text: name })
        const shown = printableJson(json)
        expect(JSON.parse(shown)).toEqual(JSON.parse(json))
        expect(isHarmless(shown)).toBe(true)
      }),
    )
  })

  it('keeps the lines of JSON that is written in several', () => {
    const json = JSON.stringify({ a: ['\u202e', 1] }, undefined, 2)
    expect(printableJson(json)).toBe(json.replace('\u202e', String.raw`\u202e`))
  })
})
