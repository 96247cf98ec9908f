import { describe, expect, it } from 'vitest'
import type { AuditedDistribution, AuditFinding, AuditReport } from '../client/audit/index.ts'
import { auditJson, auditLines, auditSarif } from './audit-report.ts'

function one(
  name: string,
  state: AuditedDistribution['state'],
  findings: readonly AuditFinding[] = [],
): AuditedDistribution {
  return { name, version: '1.0', shown: `${name} 1.0`, state, findings }
}

const refusal: AuditFinding = {
  code: 'verify.identity',
  severity: 'error',
  fact: 'demo-1.0.tar.gz was signed by gitlab.com/mallory/demo',
  brief: 'verify.identity, gitlab.com/mallory/demo',
  line: 7,
}
const unpinned: AuditFinding = { code: 'audit.unpinned', severity: 'warning', fact: 'no digest', line: 9 }

const lock: AuditReport = {
  target: 'a b/uv.lock',
  kind: 'lock',
  gate: { name: 'prod', url: 'http://127.0.0.1:7712/gate/prod' },
  distributions: [
    one('a', 'sealed'),
    one('b', 'sealed', [unpinned]),
    one('c', 'unsealed'),
    { ...one('d', 'exempt'), exemptUntil: '2026-12-20T00:00:00Z' },
    one('demo', 'refused', [refusal]),
    one('attrs', 'around', [
      { code: 'audit.around', severity: 'error', fact: 'the lock names another host: x', line: 8 },
    ]),
  ],
  findings: [
    { code: 'audit.include', severity: 'warning', fact: '--requirement c.txt is not read', line: 1 },
  ],
  bytecodeFiles: 0,
  identitiesWritten: 0,
}

const screen = (report: AuditReport, { strict = false, isQuiet = false } = {}): readonly string[] =>
  auditLines(report, { tookMs: 1_900, isQuiet, strict }).map((line) =>
    typeof line === 'string' ? line : line.text,
  )

describe('what an audit shows', () => {
  it('of a lock are counts, what fails, and what to do next', () => {
    expect(screen(lock)).toEqual([
      'audited 6 distributions of a b/uv.lock in 1.9 s',
      '    2  sealed as policy prod asks',
      '    1  unsealed, as all their releases',
      '    1  exempt, the first until 2026-12-20',
      '    1  refused',
      '    1  not through the gate',
      'demo 1.0          verify.identity, gitlab.com/mallory/demo',
      'attrs 1.0         the lock names another host: x',
      '1 warning [audit.unpinned]: b 1.0',
      'line 1: --requirement c.txt is not read',
      expect.stringMatching(/^next: .* why demo==1\.0$/),
    ])
  })

  it('of an environment are the same in its words', () => {
    const report: AuditReport = {
      ...lock,
      kind: 'environment',
      target: '.venv',
      distributions: [one('a', 'sealed'), one('b', 'built'), one('c', 'changed')],
      findings: [],
    }
    expect(screen(report)).toEqual([
      'audited 3 distributions of .venv in 1.9 s',
      '    1  every file is that of a sealed wheel',
      '    1  built here from an sdist: cannot be tied',
      '    1  changed after installation',
    ])
  })

  it('are findings only where it is quiet, and warnings as failures where it is strict', () => {
    expect(screen(lock, { isQuiet: true })[0]).toBe(
      'demo 1.0          verify.identity, gitlab.com/mallory/demo',
    )
    expect(screen(lock, { strict: true })).toContain('b 1.0             no digest')
  })

  it('has an end, and the JSON has all', () => {
    const many = Array.from({ length: 150 }, (_, index) => one(`d${index}`, 'refused', [refusal]))
    const report = { ...lock, distributions: many, findings: [] }
    expect(screen(report).at(-2)).toBe('and 50 more findings; --json has all of them')
    expect(auditJson(report, { strict: false })).toMatchObject({
      clean: false,
      counts: { refused: 150, sealed: 0 },
    })
  })

  it('is SARIF with the line of the lock, the code as rule, and the severity', () => {
    const log = auditSarif(lock, { strict: false, version: '1.2.3' })
    expect(log).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'wheelseal audit', semanticVersion: '1.2.3' } },
          results: [
            { ruleId: 'audit.unpinned', level: 'warning' },
            {
              ruleId: 'verify.identity',
              level: 'error',
              message: { text: 'demo 1.0 demo-1.0.tar.gz was signed by gitlab.com/mallory/demo' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'a%20b/uv.lock' },
                    region: { startLine: 7 },
                  },
                },
              ],
            },
            { ruleId: 'audit.around' },
            { ruleId: 'audit.include' },
          ],
        },
      ],
    })
    const strict = JSON.stringify(auditSarif(lock, { strict: true, version: '1' }))
    expect(strict).not.toContain('"level":"warning"')
  })
})
