import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/index.ts'
import { explainName, readPolicy } from '../verify/index.ts'
import { explainedJson, explainedLines } from './policy-explain-report.ts'

const EXEMPTIONS = `[[exempt]]
name = "demo"
version = "1.0"
sha256 = "${'0'.repeat(64)}"
codes = ["gate.held", "gate.late"]
reason = "a fix"
until = 2030-01-01
by = "ops"

[[exempt]]
sha256 = "${'1'.repeat(64)}"
codes = ["gate.held"]
reason = "a fix"
until = 2030-01-01
by = "ops"
`
const END_MS = Date.UTC(2030, 0, 1)

async function explained(keys: string, nowMs = END_MS) {
  return explainName('demo', await readPolicy(utf8(`version = 1\n${keys}`), 'p.toml'), nowMs)
}

async function linesOf(keys: string): Promise<readonly string[]> {
  return explainedLines(await explained(keys))
}

const signed = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => /^  (signed by|or by)/.test(line)).map((line) => line.trim().replace(/ {2,}/, ': '))

describe('the rule of a name, in lines', () => {
  it('is who signs by history, or anyone, where the rule lists no signer', async () => {
    const learned = 'who signed earlier releases, as a gate has learned'
    expect(signed(await linesOf('[unlisted]\nlearn = true'))).toEqual([`signed by: ${learned}`])
    expect(signed(await linesOf('[unlisted]\nunsigned = "allow"'))).toEqual(['signed by: any signer'])
    const listed = '[[unlisted.any_of]]\nissuer = "https://a.example"\nidentity = "b@a.example"'
    expect(signed(await linesOf(`[unlisted]\nlearn = true\n${listed}`))).toEqual([
      'signed by: b@a.example',
      `or by: ${learned}`,
    ])
  })

  it('says of each key what it does', async () => {
    const keys = 'unsigned = "never-sealed"\nlearn = true\ncooldown = "36h"\nsettle = "60d"\nlate = "1d"'
    const lines = await linesOf(`[unlisted]\n${keys}\npartial = "allow"\ngone = "serve"`)
    expect(lines.slice(-7)).toEqual([
      'at a gate',
      '  unsigned        served if no earlier release has a seal, and older than 60d',
      '  cooldown        files younger than 36h are held',
      '  settle          files older than 60d are settled',
      '  late            files that join their release 1d later need the signer above',
      '  partial         files without a seal are served too, as "unsigned" says',
      '  gone            what the upstream took back is served as before, if it is kept',
    ])
  })

  it('is a refusal where no rule lists it, and has the exemptions all the same', async () => {
    expect(await linesOf(EXEMPTIONS)).toEqual([
      'demo is refused: no rule of p.toml lists it',
      'exempt[1] of p.toml: version 1.0, gate.held, gate.late',
      `  sha256          ${'0'.repeat(64)}`,
      '  reason          a fix',
      '  ended           2030-01-01T00:00:00Z',
      '  by              ops',
      '1 exemption by digest alone, of any name',
    ])
    expect(explainedLines(await explained(EXEMPTIONS, END_MS - 1))).toContain(
      '  until           2030-01-01T00:00:00Z',
    )
  })
})

describe('the rule of a name, for programs', () => {
  it('is null where no rule lists it', async () => {
    expect(explainedJson(await explained(EXEMPTIONS))).toMatchObject({
      name: 'demo',
      policy: 'p.toml',
      listing: 'none',
      rule: null,
      exemptions: [{ version: '1.0', codes: ['gate.held', 'gate.late'], hasEnded: true }],
      digestExemptions: 1,
    })
  })

  it('has every key, null for none', async () => {
    expect(explainedJson(await explained('[unlisted]\nlearn = true'))).toMatchObject({
      listing: 'unlisted',
      rule: { rule: '[unlisted] of p.toml', signers: [], learn: true, cooldown: null, settle: '30d' },
    })
  })
})
