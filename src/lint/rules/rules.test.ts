import { describe, expect, it } from 'vitest'
import { requestOf } from '../arrange.ts'
import { lintProject } from '../lint-project.ts'
import { applyEdits } from '../fix.ts'
import { rules } from './catalog.ts'
import type { Example } from './rule.ts'

async function codesOf(example: Example): Promise<readonly string[]> {
  return (await lintProject(requestOf(example))).findings.map(({ rule }) => rule)
}

describe.each(rules.map((rule) => [rule.code, rule] as const))('%s', (code, rule) => {
  it('is found in its bad example, once, with a place', async () => {
    const { findings } = await lintProject(requestOf(rule.bad))
    const own = findings.filter((finding) => finding.rule === code)
    expect(own.length, findings.map((finding) => finding.rule).join(' ')).toBe(1)
    expect(own[0]?.hits[0].line).toBeGreaterThan(0)
  })

  it('is not found in its good example', async () => {
    expect(await codesOf(rule.good)).not.toContain(code)
  })

  it('has examples that can be read', async () => {
    // What is included from elsewhere cannot be read here.
    if (code === 'WS901' || code === 'WS507') return
    expect([...(await codesOf(rule.bad)), ...(await codesOf(rule.good))]).not.toContain('WS901')
  })

  it('if it can be fixed, is gone with one fix, and a second changes nothing', async () => {
    const { findings } = await lintProject(requestOf(rule.bad))
    const edits = findings
      .filter((finding) => finding.rule === code)
      .flatMap(({ hits }) => hits.flatMap((hit) => hit.edits ?? []))
    const fixed = applyEdits(rule.bad, edits)
    if (edits.length === 0) expect(fixed).toEqual(rule.bad)
    else expect(await codesOf(fixed)).not.toContain(code)
  })

  it('says all in sentences', () => {
    for (const text of [rule.what, rule.consequence, rule.fix])
      expect(text).toMatch(/^(?:[A-Z`]|cosign|pip|twine|curl).*\.$/s)
    expect(rule.title).toMatch(/^[a-z`]/)
    expect(rule.source.length).toBeGreaterThan(0)
  })
})

it('codes are given once', () => {
  expect(new Set(rules.map(({ code }) => code)).size).toBe(rules.length)
})
