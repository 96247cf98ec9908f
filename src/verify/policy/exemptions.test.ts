import { describe, expect, it } from 'vitest'
import { utf8, type WheelsealError } from '../../base/index.ts'
import { readPolicy, type PolicyFile } from '../index.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2030, 0, 1)
const HEX = 'ab'.repeat(32)
const EXEMPT = `version = 1
[[exempt]]
name = "Demo_x"
version = "1.0.0"
codes = ["gate.held"]
reason = "a fix that cannot wait"
until = 2030-06-01
by = "ops@acme.example"
`

const read = (toml: string, nowMs?: number): Promise<PolicyFile> =>
  readPolicy(utf8(toml), 'p.toml', nowMs === undefined ? {} : { nowMs })

async function refusalOf(toml: string, nowMs?: number): Promise<string> {
  const error = await read(toml, nowMs).catch((thrown: unknown) => thrown as WheelsealError)
  expect(error).toMatchObject({ code: 'verify.policy-file', exit: 2 })
  return (error as WheelsealError).message
}

describe('an exemption', () => {
  it('is of one version of a name, in the forms in which both are compared', async () => {
    expect((await read(EXEMPT)).exemptions).toEqual([
      {
        name: 'demo-x',
        versionKey: '1',
        version: '1.0.0',
        codes: new Set(['gate.held']),
        reason: 'a fix that cannot wait',
        untilMs: Date.UTC(2030, 5, 1),
        by: 'ops@acme.example',
        where: 'exempt[1] of p.toml',
      },
    ])
  })

  it('is of one file where it has a digest, with or without its name', async () => {
    const digest = `sha256 = "${HEX}"`
    const [both] = (await read(`${EXEMPT}${digest}`)).exemptions
    expect(both).toMatchObject({ name: 'demo-x', versionKey: '1', sha256: HEX })
    const alone = EXEMPT.replace(/name.*\nversion.*/, digest).replace('gate.held', 'verify.signature')
    const [one] = (await read(alone)).exemptions
    expect(one).toMatchObject({ sha256: HEX, codes: new Set(['verify.signature']) })
    expect(one).not.toHaveProperty('name')
  })

  it('ends at a time with its offset', async () => {
    const [one] = (await read(EXEMPT.replace('06-01', '06-01T10:00:00+02:00'))).exemptions
    expect(one?.untilMs).toBe(Date.UTC(2030, 5, 1, 8))
  })

  it('is refused at a gate, and only there, where it ends in more than a year', async () => {
    const long = `${EXEMPT}${EXEMPT.replace('version = 1\n', '').replace('2030', '2031')}`
    expect(await refusalOf(long, NOW_MS)).toBe('p.toml:14: exempt[2].until is more than a year away')
    expect((await read(long, NOW_MS + 200 * DAY_MS)).exemptions).toHaveLength(2)
    expect((await read(long)).exemptions).toHaveLength(2)
    expect((await read(EXEMPT, NOW_MS + 900 * DAY_MS)).exemptions).toHaveLength(1)
  })

  it.each([
    [
      'a name alone',
      EXEMPT.replace(/version = "1.0.0"\n/, ''),
      '2: exempt[1] must have name and version together',
    ],
    ['a version alone', EXEMPT.replace(/name.*\n/, ''), '2: exempt[1] must have name and version together'],
    [
      'nothing',
      EXEMPT.replace(/name.*\nversion.*\n/, ''),
      '2: exempt[1] must have name and version, or sha256',
    ],
    ['versions', EXEMPT.replace('1.0.0', '1.*'), '4: exempt[1].version must be one version'],
    ['a range', EXEMPT.replace('1.0.0', '>=1'), '4: exempt[1].version must be one version'],
    ['no name', EXEMPT.replace('Demo_x', 'acme-*'), '3: exempt[1].name is not a package name'],
    ['no digest', `${EXEMPT}sha256 = "${HEX.toUpperCase()}"`, '9: exempt[1].sha256 must be a SHA-256 digest'],
    ['no code', EXEMPT.replace('["gate.held"]', '[]'), '5: exempt[1].codes must not be empty'],
    ['every code', EXEMPT.replace('gate.held', 'gate.*'), '5: exempt[1].codes[1] is not a code of a refusal'],
    ['other bytes', EXEMPT.replace('held', 'digest'), '5: exempt[1].codes[1] is never exempted: the bytes'],
    [
      'other metadata, also by digest',
      `${EXEMPT.replace('held', 'metadata')}sha256 = "${HEX}"`,
      '5: exempt[1].codes[1] is never exempted: the bytes',
    ],
    [
      'a private name',
      EXEMPT.replace('held', 'private'),
      '5: exempt[1].codes[1] is never exempted: it is not about',
    ],
    [
      'a wrong clock',
      EXEMPT.replace('held', 'clock'),
      '5: exempt[1].codes[1] is never exempted: it is not about',
    ],
    [
      'a signature of any bytes',
      EXEMPT.replace('gate.held', 'verify.signature'),
      '2: exempt[1] must have sha256',
    ],
    ['quarantined bytes', EXEMPT.replace('held', 'quarantined'), '2: exempt[1] must have sha256'],
    ['no reason', EXEMPT.replace(/reason.*\n/, ''), '2: exempt[1].reason is missing'],
    ['no end', EXEMPT.replace(/until.*\n/, ''), '2: exempt[1].until is missing'],
    ['nobody', EXEMPT.replace(/by = .*/, 'by = ""'), '8: exempt[1].by must not be empty'],
    [
      'a text as end',
      EXEMPT.replace('2030-06-01', '"2030-06-01"'),
      '7: exempt[1].until must be a date without quotes',
    ],
    [
      'a time of no zone',
      EXEMPT.replace('06-01', '06-01T00:00:00'),
      '7: exempt[1].until must be a date such as',
    ],
    [
      'a time of no day',
      EXEMPT.replace('2030-06-01', '10:00:00'),
      '7: exempt[1].until must be a date such as',
    ],
    ['no day', EXEMPT.replace('06-01', '02-30'), '7: exempt[1].until is not a day of the calendar'],
    ['an unknown key', `${EXEMPT}file = "x"`, '9: exempt[1].file is not a known key'],
  ])('of %s is refused by its line', async (_what, toml, words) => {
    expect(await refusalOf(toml)).toContain(`p.toml:${words}`)
  })
})
