import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { requestOf } from '../arrange.ts'
import { codeQuality, lintProject, rules, sarif, type LintReport } from '../index.ts'

/** Of every kind of file, and one with a name that a URI cannot have as it is. */
const CODES = ['WS201', 'WS308', 'WS309', 'WS606', 'WS901']

async function reportsOf(): Promise<readonly LintReport[]> {
  const examples = rules.filter(({ code }) => CODES.includes(code)).map(({ bad }) => bad)
  const odd = { 'docs/größe 100%#1.md': '```sh\ncurl -o a $U\n```\n' }
  return Promise.all([...examples, odd].map((example) => lintProject(requestOf(example))))
}

const uri = v.pipe(v.string(), v.regex(/^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})+$/))
const text = v.strictObject({ text: v.pipe(v.string(), v.nonEmpty()) })
const level = v.picklist(['none', 'note', 'warning', 'error'])
const from = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least))

/**
 * What we write of SARIF 2.1.0, errata 01, as its schema has it (sarif-schema-2.1.0.json of OASIS): its members and no
 * others, those that it requires, its types and enumerations. The whole schema is longer than everything in this room.
 */
const Sarif = v.strictObject({
  $schema: v.literal(
    'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
  ),
  version: v.literal('2.1.0'),
  runs: v.array(
    v.strictObject({
      tool: v.strictObject({
        driver: v.strictObject({
          name: v.string(),
          semanticVersion: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/)),
          rules: v.array(
            v.strictObject({
              id: v.string(),
              shortDescription: text,
              fullDescription: text,
              help: text,
              defaultConfiguration: v.strictObject({ level }),
            }),
          ),
        }),
      }),
      columnKind: v.picklist(['utf16CodeUnits', 'unicodeCodePoints']),
      results: v.array(
        v.strictObject({
          ruleId: v.string(),
          ruleIndex: from(-1),
          level,
          message: text,
          locations: v.array(
            v.strictObject({
              physicalLocation: v.strictObject({
                artifactLocation: v.strictObject({ uri }),
                region: v.strictObject({ startLine: from(1), startColumn: from(1) }),
              }),
            }),
          ),
          partialFingerprints: v.record(v.string(), v.string()),
        }),
      ),
    }),
  ),
})

/** GitLab, "Code Quality": a list; each with these, a path without `./`, and a fingerprint of its own. */
const CodeQuality = v.array(
  v.strictObject({
    description: v.pipe(v.string(), v.nonEmpty()),
    check_name: v.pipe(v.string(), v.nonEmpty()),
    fingerprint: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    severity: v.picklist(['info', 'minor', 'major', 'critical', 'blocker']),
    location: v.strictObject({
      path: v.pipe(v.string(), v.regex(/^(?!\.?\/)/)),
      lines: v.strictObject({ begin: from(1) }),
    }),
  }),
)

describe('reports for other programs', () => {
  it('are SARIF 2.1.0, in which every result has its rule', async () => {
    for (const { findings, project } of await reportsOf()) {
      const { runs } = v.parse(Sarif, sarif(findings, { project, version: '1.2.3' }))
      for (const { tool, results } of runs) {
        expect(results.length).toBeGreaterThan(0)
        for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
      }
    }
  })

  it("are GitLab's code quality report, in which no fingerprint is there twice", async () => {
    for (const { findings, project } of await reportsOf()) {
      const issues = v.parse(CodeQuality, codeQuality(findings, project))
      expect(issues.length).toBeGreaterThan(0)
      expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length)
    }
  })

  it('are whole where nothing is found', async () => {
    const { findings, project } = await lintProject(requestOf({ '.gitlab-ci.yml': 'a:\n  script: x\n' }))
    expect(v.parse(Sarif, sarif(findings, { project, version: '1.2.3' })).runs).toHaveLength(1)
    expect(codeQuality(findings, project)).toEqual([])
  })
})
