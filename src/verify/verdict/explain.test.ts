import { describe, expect, it } from 'vitest'
import { errorKinds, formatTime } from '../../base/index.ts'
import { makeLeaf, request, SAN, withLeaf, withSeal } from '../arrange.ts'
import { checkLines, CHECK_NAMES, verdictHint, verdictSentence, verifySeal } from '../index.ts'

describe('the words of a verdict', () => {
  it('say who signed, when, and where it is logged', () => {
    const verdict = verifySeal(request)
    expect(verdictSentence(verdict, 'demo.whl')).toBe(
      `demo.whl was signed by ${SAN} (issuer https://gitlab.example) at 2030-03-17 17:46:45 UTC, log index 102`,
    )
    expect(verdictHint(verdict)).toBeUndefined()
    expect(checkLines(verdict)).toHaveLength(CHECK_NAMES.length)
  })

  it('say what was expected and what was found, one under the other', () => {
    const san = SAN.replace('main', 'feature')
    const verdict = verifySeal(withLeaf(makeLeaf({ uri: san })))
    expect(verdictSentence(verdict, 'demo.whl')).toBe(
      'demo.whl is refused: the certificate was issued to a different identity [verify.identity]',
    )
    const lines = checkLines(verdict)
    const at = lines.findIndex((line) => line.startsWith('FAILED    identity '))
    expect(lines.slice(at + 1, at + 3)).toEqual([
      `          expected           ${SAN}`,
      `          found              ${san}`,
    ])
    expect(verdictHint(verdict)).toContain('do not use the file')
  })

  it('have one for each outcome, of which an undecided check is one', () => {
    const { checks } = verifySeal(withSeal({ certificate: new Uint8Array(1) }))
    const [line] = checkLines({ checks: checks.filter(({ name }) => name === 'chain') })
    expect(line).toBe('undecided certificate chain  the certificate cannot be read')
  })

  it('hold nothing that moves a cursor or breaks a line', () => {
    const named = { checks: verifySeal(withSeal({ entries: [] })).checks, verified: false as const }
    const evil = { name: 'identity' as const, outcome: 'failed' as const, reason: 'x\u001b[2K\n\u202e' }
    const verdict = { ...named, reason: 'verify.identity' as const, checks: [evil] }
    expect(checkLines(verdict)).toEqual([String.raw`FAILED    identity           x\u{1b}[2K\u{a}\u{202e}`])
  })

  it('have a hint for every check', () => {
    for (const name of CHECK_NAMES) expect(errorKinds().get(`verify.${name}`)?.hint).toBeTruthy()
  })
})

describe('formatTime', () => {
  it.each([
    [0, '1970-01-01 00:00:00 UTC'],
    [1_900_000_000, '2030-03-17 17:46:40 UTC'],
    [1e300, '1e+300 s since 1970'],
    [Number.NaN, 'NaN s since 1970'],
  ])('shows %d', (seconds, text) => {
    expect(formatTime(seconds)).toBe(text)
  })
})
