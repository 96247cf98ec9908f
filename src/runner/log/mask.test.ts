import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMasker } from './mask.ts'

function masked(chunks: readonly string[], secrets: readonly string[], prefixes: readonly string[] = []) {
  const masker = createMasker(secrets, prefixes)
  const parts = chunks.map((chunk) => masker.write(Buffer.from(chunk, 'utf8')))
  return Buffer.concat([...parts, masker.end()]).toString('utf8')
}

describe('masking', () => {
  it.each([
    ['in the middle', ['a s3cret-value b'], 'a [MASKED] b'],
    ['across chunks', ['a s3cr', 'et-v', 'alue b'], 'a [MASKED] b'],
    ['at the end', ['s3cret-value'], '[MASKED]'],
    ['twice in a row', ['s3cret-values3cret-value'], '[MASKED][MASKED]'],
    ['not its beginning alone', ['s3cret-val', 'or'], 's3cret-valor'],
    ['as Basic credentials', [Buffer.from('gitlab-ci-token:s3cret-value').toString('base64')], '[MASKED]'],
  ])('replaces a secret %s', (_name, chunks, expected) => {
    expect(masked(chunks, ['s3cret-value'])).toBe(expected)
  })

  it.each(['', 'u:', 'me:', 'bob:'])('masks it in Base64 behind %j, as in Basic credentials', (before) => {
    const shown = masked([Buffer.from(`${before}s3cret-value~?>`).toString('base64')], ['s3cret-value~?>'])
    expect(shown).toContain('[MASKED]')
    expect(Buffer.from(shown.replace('[MASKED]', ''), 'base64').toString()).not.toMatch(/s3c|lue|ret/)
    const url = masked([Buffer.from(`${before}s3cret-value~?>`).toString('base64url')], ['s3cret-value~?>'])
    expect(url).toContain('[MASKED]')
  })

  it('goes on masking after its end, anew', () => {
    const masker = createMasker(['s3cret-value'], ['glpat-'])
    const parts = ['s3cret', 'glpat-', 'abc s3cret-value'].map((text) => [
      masker.write(Buffer.from(text)),
      masker.end(),
    ])
    expect(Buffer.concat(parts.flat()).toString()).toBe('s3cretglpat-abc [MASKED]')
  })

  it('is refused for more secrets than can be looked for', () => {
    const many = Array.from({ length: 400 }, (_, number) => `${number}`.padEnd(5_000, 'x'))
    expect(() => createMasker(many, [])).toThrow('too long to mask')
  })

  it('masks the percent-encoded spelling of a secret', () => {
    expect(masked(['x=pass%2Fwo', 'rd%2B1'], ['pass/word+1'])).toBe('x=[MASKED]')
  })

  it('masks a secret that stands in the beginning of another', () => {
    expect(masked(['abcdefghij!'], ['abcdefghij-longer', 'cdefghij'])).toBe('ab[MASKED]!')
  })

  it('shows no tail of a secret that overlaps another', () => {
    expect(masked(['abcdefghij', 'klmn!'], ['abcdefghij', 'efghijklmn'])).toBe('[MASKED]!')
  })

  it('leaves values shorter than eight characters alone', () => {
    expect(masked(['shorter'], ['shorter'])).toBe('shorter')
  })

  it('masks what follows a token prefix, however it is cut', () => {
    for (const chunks of [
      ['x glpat-abc_1 y'],
      ['x glp', 'at-abc_1 y'],
      ['x glpat-', 'abc_1 y'],
      ['x glpat-ab', 'c_1', ' y'],
    ]) {
      expect(masked(chunks, [], ['glpat-'])).toBe('x glpat-[MASKED] y')
    }
  })

  it('does not part a token from its prefix for a secret that begins like the token', () => {
    expect(masked(['glpat-ab cd', 'X'], ['ab cd efgh'], ['glpat-'])).toBe('glpat-[MASKED] cdX')
  })

  it('leaks no secret and loses no other byte in any chunking', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), minLength: 8, maxLength: 12 })
    const filler = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', ' '), maxLength: 12 })
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 3 }),
        fc.array(filler),
        fc.nat(),
        (secrets, fillers, seed) => {
          const text = fillers
            .map((part, at) => part + (secrets[(at + seed) % secrets.length] ?? ''))
            .join(' ')
          const whole = masked([text], secrets)
          for (const secret of secrets) expect(whole).not.toContain(secret)
          expect(cut(text, seed, secrets)).toBe(whole)
        },
      ),
    )
  })

  it('passes every byte when there is no secret', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => {
        const masker = createMasker(['never-there-at-all'], ['glpat-'])
        const out = Buffer.concat([...chunks.map((chunk) => masker.write(chunk)), masker.end()])
        expect(out.equals(Buffer.concat(chunks))).toBe(true)
      }),
    )
  })
})

/** The text in chunks of one to seven bytes, whole characters or not. */
function cut(text: string, seed: number, secrets: readonly string[]): string {
  const masker = createMasker(secrets, [])
  const bytes = Buffer.from(text, 'utf8')
  const out: Uint8Array[] = []
  for (let at = 0, step = seed; at < bytes.length; step = (step * 31 + 7) % 1009) {
    const size = (step % 7) + 1
    out.push(masker.write(bytes.subarray(at, at + size)))
    at += size
  }
  return Buffer.concat([...out, masker.end()]).toString('utf8')
}
