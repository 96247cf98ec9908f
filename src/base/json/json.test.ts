import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from './canonical.ts'
import { parseJson, type JsonValue } from './strict.ts'

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    [[1e21, 0.002, 1e-27, -0, 333333333.3333333], '[1e+21,0.002,1e-27,0,333333333.3333333]'],
    ['</script>"\\\u000f', String.raw`"</script>\"\\\u000f"`],
    [{ a: [], b: {}, c: null, d: [true, false] }, '{"a":[],"b":{},"c":null,"d":[true,false]}'],
  ] satisfies [JsonValue, string][])('writes %j as RFC 8785 has it', (value, expected) => {
    expect(canonicalJson(value)).toBe(expected)
  })

  it('refuses what has no canonical form', () => {
    expect(() => canonicalJson('\ud800')).toThrow(TypeError)
    expect(() => canonicalJson(Number.NaN)).toThrow(TypeError)
  })

  it('is a fixed point: parsed and written again it is the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = safely(() => canonicalJson(value as JsonValue))
        if (text !== undefined) expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text)
      }),
    )
  })
})

describe('parseJson', () => {
  it.each([
    ['a duplicate key', '{"a":1,"a":2}'],
    ['a duplicate key in two spellings', String.raw`{"a":1,"\u0061":2}`],
    ['a duplicate key after a value that ends with a backslash', String.raw`{"x":"\\","k":1,"k":2}`],
    ['a duplicate key after a value that ends with a quote', String.raw`{"x":"\"","k":1,"k":2}`],
    ['a duplicate key that ends with a backslash', String.raw`{"\\":1,"\\":2}`],
    ['a duplicate key after a list', '{"k":[{"a":1}],"k":2}'],
    ['__proto__ in another spelling', String.raw`{"\u005f_proto__":{}}`],
    ['a duplicate key deep inside', '[{"x":{"k":[1,2],"y":"{","k":0}}]'],
    ['__proto__', '{"__proto__":{}}'],
    ['half a character', String.raw`["\uD800"]`],
    ['half a character as a key, after a backslash', String.raw`{"\\\udfff":1}`],
    ['half a character in no escape', '["\ud800"]'],
    ['too deep', '['.repeat(33) + ']'.repeat(33)],
    ['a comment', '{"a":1 /* x */}'],
    ['a trailing comma', '[1,]'],
    ['nothing', ''],
    ['an unfinished string', '{"a'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'base.json' }))
  })

  it.each([
    ['of a list', '[1,2,3]'],
    ['of an object', '{"a":1,"b":2,"c":3}'],
    ['of lists in a list', '[[],[],[]]'],
    ['one in the other', '[[[[]]]]'],
  ])('counts the values %s with what holds them', (_name, text) => {
    expect(parseJson(text, { maxValues: 7 })).toEqual(JSON.parse(text))
    expect(() => parseJson(text, { maxValues: 3 })).toThrow('more than 3 values')
  })

  it('reads whole characters in escapes, and escapes that are none', () => {
    expect(parseJson(String.raw`["\ud83d\uDE00","\\ud800"]`)).toEqual(['😀', String.raw`\ud800`])
  })

  it('refuses text above its cap before it looks at it', () => {
    expect(() => parseJson('x'.repeat(11), { maxLength: 10 })).toThrow(
      expect.objectContaining({ code: 'base.too-large' }),
    )
  })

  it('allows a key again in another object, and quotes and braces in strings', () => {
    for (const text of [
      String.raw`[{"a":{"a":"}\"{","b":"a"}},{"a":"a"}]`,
      String.raw`{"a":"\\","b":"a","a\\":"\",\"a\":"}`,
    ])
      expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  it('reads every JSON that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value)
        if (!text.includes('__proto__')) expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })
})

function safely<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
