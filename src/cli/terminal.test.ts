import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { baseErrors, WheelsealError } from '../base/index.ts'
import { plainText } from './screen.ts'
import { createTerminal, printableUsage, writeJson } from './terminal.ts'
import { originLines, refusalLines, verifiedLine } from './verify-report.ts'

/** What an enemy may call a file: a line of its own, a red one, one that is turned around. */
const EVIL = 'x\nVerified OK\r\u001b[31m\u009b2K\u202e\u2028'
const SHOWN = String.raw`x\u{a}Verified OK\u{d}\u{1b}[31m\u{9b}2K\u{202e}\u{2028}`

let written = ''
beforeEach(() => {
  written = ''
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written += String(text)
      return true
    })
})
afterEach(() => vi.restoreAllMocks())

describe('the terminal', () => {
  const terminal = createTerminal({})

  it('shows what an enemy wrote as text, on the line where it stands', () => {
    terminal.say(EVIL)
    terminal.result(EVIL, EVIL)
    terminal.complain(EVIL, EVIL)
    terminal.fail(new Error(EVIL))
    terminal.fail(baseErrors('base.json', EVIL, { hint: EVIL }))
    terminal.output({}, () => [EVIL])
    const lines = written.split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.filter((line) => !line.includes(SHOWN))).toEqual(['more: wheelseal help base.json'])
    expect(lines).toHaveLength(10)
  })

  it('does so for verdicts and for where settings come from', () => {
    const outcome = { file: 'a', verified: true, reason: '', message: EVIL, checks: [], seal: [] }
    const check = { name: 'identity', outcome: 'failed', reason: EVIL, expected: EVIL, found: EVIL } as const
    terminal.result(verifiedLine(outcome))
    terminal.say(originLines([{ name: 'policy', value: EVIL, from: EVIL }]).join())
    const checks = [check, { ...check, name: 'issuer' as const }]
    terminal.complain(
      ...refusalLines({ ...outcome, verified: false, reason: 'verify.identity', hint: EVIL, checks }),
    )
    expect(written).not.toMatch(/^Verified OK/m)
    expect(written.match(/[^\n -~]/)).toBeNull()
    expect(written.split(SHOWN)).toHaveLength(11)
  })

  it('prints JSON that says the same and is harmless', () => {
    writeJson({ name: EVIL })
    expect(JSON.parse(written)).toEqual({ name: EVIL })
    expect(written).toMatch(/^[ -~]*\n$/)
  })

  it("prints a job's log as text: no colours, and what was written last", () => {
    terminal.quote([
      '\u001b[31;1mERROR\u001b[0m',
      ' 10%\r100%\r',
      'a\tb',
      EVIL,
      '\u001b]8;;u\u0007link\u001b]8;;\u0007',
    ])
    expect(written).toBe(
      ['ERROR', '100%', 'a    b', String.raw`\u{202e}\u{2028}`, 'link']
        .map((line) => `  | ${line}\n`)
        .join(''),
    )
  })

  it('has a line for each of several facts, and none that an enemy adds', () => {
    terminal.fail(
      new WheelsealError('test.several', ['one', EVIL], { status: 400, exit: 1, summary: '', hint: 'h' }),
    )
    expect(written).toBe(
      `wheelseal: error: one\n${SHOWN} [test.several]\nhint: h\nmore: wheelseal help test.several\n`,
    )
  })

  it('keeps the suggestion of a usage error on its own line', () => {
    expect(printableUsage("error: unknown option '--jsn'\n(Did you mean --json?)\n")).toBe(
      "error: unknown option '--jsn'\n(Did you mean --json?)\n",
    )
    expect(printableUsage(`error: unknown option '${EVIL}'\n`)).toBe(`error: unknown option '${SHOWN}'\n`)
  })
})

describe('plainText', () => {
  it('is empty for what only moves a cursor', () => {
    expect(plainText('\u001b[2K\r')).toBe('')
  })
})
