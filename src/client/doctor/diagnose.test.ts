import { describe, expect, it } from 'vitest'
import { ioOf } from './arrange.ts'
import {
  CHECK_NAMES,
  failed,
  ok,
  skipped,
  warning,
  type Check,
  type CheckName,
  type Finding,
} from './check.ts'
import { checks } from './checks/index.ts'
import { diagnose } from './diagnose.ts'
import { netErrors } from '../../net/index.ts'

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'

function check(name: CheckName, finding: Finding, effectOf: readonly CheckName[] = []): Check {
  return { name, effectOf, look: async () => [finding] }
}

const broken = (fact: string): Finding => failed({ fact, next: 'mend it' })

describe('a diagnosis', () => {
  it('has what failed first, causes before effects, then warnings, what is in order, what was skipped', async () => {
    const { outcome, findings } = await diagnose(ioOf({}), [
      check('runtime', ok('runs')),
      check('data', skipped('none')),
      check('clock', broken('an hour')),
      check('variables', warning({ fact: 'left', next: 'unset' })),
      check('token', broken('expired'), ['clock', 'variables']),
      check('package', broken('no name')),
      check('signing', broken('refused'), ['token', 'clock']),
    ])
    expect(outcome).toBe('failed')
    expect(findings.map((one) => `${one.outcome} ${one.check} ${one.because.join()}`)).toEqual([
      'failed clock ',
      'failed package ',
      'failed token clock',
      'failed signing token,clock',
      'warning variables ',
      'ok runtime ',
      'skipped data ',
    ])
  })

  it.each([
    ['ok', [ok('a'), skipped('b')]],
    ['warning', [ok('a'), warning({ fact: 'b', next: 'c' })]],
    ['failed', [warning({ fact: 'b', next: 'c' }), broken('d')]],
  ] as const)('is %s by its worst finding', async (outcome, findings) => {
    const all = findings.map((finding) => check('data', finding))
    expect((await diagnose(ioOf({}), all)).outcome).toBe(outcome)
  })

  it('makes a failure of what a check throws, with its hint, and goes on', async () => {
    const throwing: Check = {
      name: 'services',
      effectOf: [],
      look: () => Promise.reject(netErrors('net.proxy', 'a proxy variable is wrong')),
    }
    const { findings } = await diagnose(ioOf({}), [throwing, check('data', ok('there'))])
    expect(findings[0]).toMatchObject({
      fact: 'a proxy variable is wrong [net.proxy]',
      next: expect.stringContaining('HTTPS_PROXY'),
    })
    expect(findings[1]?.outcome).toBe('ok')
  })

  it('says a defect of its own, and shows what the other checks found', async () => {
    const defective: Check = { name: 'data', effectOf: [], look: () => Promise.reject(new TypeError('x')) }
    const { findings } = await diagnose(ioOf({}), [defective, check('clock', ok('right'))])
    expect(findings.map(({ fact }) => fact)).toEqual(['the check itself failed: x', 'right'])
  })

  it('ends a check that takes too long, and lets the others be', async () => {
    const io = ioOf({})
    const hanging: Check = { name: 'log', effectOf: [], look: () => new Promise(() => undefined) }
    const clock = { ...io.clock, sleep: async () => undefined }
    const { findings } = await diagnose({ ...io, clock }, [hanging])
    expect(findings[0]).toMatchObject({ outcome: 'failed', fact: 'not finished after 20 seconds' })
  })

  it('never shows a token, wherever it comes from', async () => {
    const leaking = { ...failed({ fact: JWT, reason: JWT, next: JWT, details: [JWT] }) }
    const { findings } = await diagnose(ioOf({}), [check('token', leaking)])
    expect(JSON.stringify(findings)).not.toContain('c2lnbmF0dXJl')
  })
})

describe('the checks', () => {
  it('are all there, in the order of causes', () => {
    expect(checks.map(({ name }) => name)).toEqual(CHECK_NAMES)
    for (const [index, { name, effectOf }] of checks.entries())
      for (const cause of effectOf)
        expect(CHECK_NAMES.indexOf(cause), `${name} of ${cause}`).toBeLessThan(index)
  })
})
