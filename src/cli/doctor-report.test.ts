import { describe, expect, it } from 'vitest'
import type { Diagnosis } from '../client/doctor/index.ts'
import { diagnosisJson, diagnosisLines, diagnosisSummary, withoutOrderly } from './doctor-report.ts'
import { shownLine } from './screen.ts'

const diagnosis: Diagnosis = {
  outcome: 'failed',
  findings: [
    { check: 'clock', outcome: 'failed', fact: 'an hour', reason: 'r', next: 'set it', because: [] },
    { check: 'token', outcome: 'failed', fact: 'expired', next: 'again', because: ['clock'] },
    { check: 'variables', outcome: 'warning', fact: 'left\u001b[2J', next: 'unset', because: [] },
    { check: 'settings', outcome: 'ok', fact: '1 setting', details: ['a = b (c)'], because: [] },
    { check: 'data', outcome: 'skipped', fact: 'none', because: [] },
  ],
}

const shown = (of: Diagnosis, isTTY: boolean): readonly string[] =>
  diagnosisLines(of).map((line) => shownLine(line, { isTTY, env: { NO_COLOR: '1' }, write: () => undefined }))

describe('the report of wheelseal doctor', () => {
  it('has fact, reason, cause and next command in plain lines, with what others wrote made visible', () => {
    expect(shown(diagnosis, false)).toEqual([
      'failed clock: an hour',
      '  why: r',
      '  next: set it',
      'failed token: expired',
      '  probably because of: clock',
      '  next: again',
      String.raw`warning variables: left\u{1b}[2J`,
      '  next: unset',
      'ok settings: 1 setting',
      '  a = b (c)',
      'skipped data: none',
    ])
  })

  it('has marks on a terminal', () => {
    expect(shown(diagnosis, true)[0]).toBe('✗ failed clock: an hour')
  })

  it('leaves out what is in order with --quiet', () => {
    expect(withoutOrderly(diagnosis).findings.map(({ check }) => check)).toEqual([
      'clock',
      'token',
      'variables',
    ])
  })

  it('says how many, and where to begin', () => {
    expect(diagnosisSummary(diagnosis)).toBe('2 failed, 1 warning; begin with: clock')
    expect(diagnosisSummary({ outcome: 'ok', findings: [] })).toBe('nothing is wrong')
  })

  it('has every member in JSON', () => {
    expect(diagnosisJson(diagnosis)).toMatchObject({
      outcome: 'failed',
      findings: [
        {
          check: 'clock',
          outcome: 'failed',
          fact: 'an hour',
          reason: 'r',
          next: 'set it',
          details: [],
          because: [],
        },
        { check: 'token', because: ['clock'] },
        { check: 'variables' },
        { details: ['a = b (c)'] },
        { check: 'data' },
      ],
    })
  })
})
