import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileReport, LinkedReport, ReleaseReport } from '../gate/index.ts'
import { FILE, LINKED, REPORT } from './gate-arrange.ts'
import { whyMain, whyTitle } from './gate-why.ts'
import { textOf } from './markup.ts'

const page = (report: ReleaseReport | LinkedReport): string => textOf(whyMain(report))
const plain = (html: string): string => html.replaceAll(/<[^>]*>/g, '').replaceAll('&lt;', '<')
/** The sentence below the heading. */
const verdict = (report: ReleaseReport | LinkedReport): string =>
  /<p class="verdict">([^]*?)<\/p>/.exec(page(report))?.[1] ?? ''
const ofFile = (changes: Partial<FileReport>, more: Partial<ReleaseReport> = {}): ReleaseReport => {
  const outcome = changes.outcome ?? FILE.outcome
  return { ...REPORT, outcome, files: [{ ...FILE, ...changes }], ...more }
}
const unsigned = (changes: Partial<FileReport>): ReleaseReport => {
  const { signer: _signer, ...file } = FILE
  return { ...REPORT, outcome: changes.outcome ?? 'refused', files: [{ ...file, ...changes }] }
}

describe('the verdict', () => {
  it('says who built a file where, and marks what is wrong of it alone', () => {
    expect(plain(verdict(REPORT))).toBe(
      'demo-2.0-py3-none-any.whl was built by .gitlab-ci.yml on refs/tags/v2.0 of gitlab.com/mallory/demo at commit 1f0c9e2, signed 2026-11-27 09:58 UTC, logged as #9; it is refused by gate prod: expected was gitlab.com/acme/demo.',
    )
    expect(verdict(REPORT).match(/<mark[^>]*>.*?<\/mark>/g)).toEqual([
      '<mark class="bad">gitlab.com/mallory/demo</mark>',
    ])
  })

  it('names earlier signers where the signer has changed', () => {
    const fact =
      "was signed by gitlab.com/mallory/demo, earlier releases by gitlab.com/acme/demo; approve with 'wheelseal gate approve demo'"
    expect(plain(verdict(ofFile({ grounds: [{ code: 'gate.changed', fact }] })))).toMatch(
      /by gate prod: expected was gitlab\.com\/acme\/demo\.$/,
    )
  })

  it('of a person has no pipeline', () => {
    const signer = { ...FILE.signer!, identity: 'ann@acme.example', claims: {} }
    expect(plain(verdict(ofFile({ signer, outcome: 'allowed', grounds: [] })))).toBe(
      'demo-2.0-py3-none-any.whl was signed by ann@acme.example, signed 2026-11-27 09:58 UTC, logged as #9; it is allowed by gate prod, rule 1 of policy.toml.',
    )
  })

  it.each<[FileReport['outcome'], string, string]>([
    [
      'refused',
      'has no seal, but releases since 1.1 have',
      'refused by gate prod, because it has no seal, but releases since 1.1 have.',
    ],
    ['refused', 'pypi took it back', 'refused by gate prod, because pypi took it back.'],
    ['held', 'is 2 of 7 days old', 'held by gate prod, because it is 2 of 7 days old.'],
  ])('of a file that is %s gives the fact: %s', (outcome, fact, said) => {
    const report = unsigned({ outcome, grounds: [{ code: 'gate.x', fact }] })
    expect(plain(verdict(report))).toBe(`demo-2.0-py3-none-any.whl is ${said}`)
  })

  it('names the exemption by which a file is allowed', () => {
    const grounds = [{ code: 'gate.unsigned', fact: 'has no seal', exemptedBy: 'exempt[1] of policy.toml' }]
    expect(plain(verdict(unsigned({ outcome: 'allowed', grounds })))).toBe(
      'demo-2.0-py3-none-any.whl is allowed by gate prod, exempt[1] of policy.toml.',
    )
  })

  it('of a gate that only warns says what another mode would do', () => {
    const report = ofFile({}, { mode: 'warn' })
    expect(whyTitle(report)).toBe('demo 2.0 would be refused by gate prod')
    expect(plain(verdict(report))).toContain(
      'refused by gate prod if its mode were enforce, not warn: expected',
    )
  })

  it('of a whole name has no version and no files', () => {
    const ground = { code: 'gate.private', fact: 'is a private name, and ours has no such package' }
    const report = { ...LINKED, version: '', files: [], pins: [], states: [], ground }
    expect(whyTitle(report)).toBe('demo is refused by gate prod')
    expect(plain(verdict(report))).toBe(
      'demo is refused by gate prod, because it is a private name, and ours has no such package.',
    )
    expect(page(report)).not.toContain('<table')
    expect(page(report)).toContain('wheelseal why 9f3a61c2')
  })
})

describe('the page of a release', () => {
  it('has what was told, files, states, pins, what is served and what to do', () => {
    const text = plain(page(LINKED))
    for (const part of [
      'Told to installers 6 times, first 2026-11-28 01:02 UTC, last 2026-11-29 01:02 UTC: refused: demo 2.0 was',
      'Served instead1.1, sealed 2026-01-01, log index 3',
      'changed: another source signed than of earlier releases',
      'Who signs demo',
      'learning: few releases',
    ])
      expect(text).toContain(part)
    expect(page(LINKED)).toContain('<code>wheelseal gate approve demo --repository mallory/demo</code>')
  })

  it('shows the worst two hundred of many files, and says how many more there are', () => {
    const allowed = Array.from({ length: 250 }, (_, at) => ({
      ...FILE,
      outcome: 'allowed' as const,
      fileName: `demo-2.0-${at}-py3-none-any.whl`,
    }))
    const html = page({ ...REPORT, files: [...allowed, FILE] })
    const rows = [...html.matchAll(/<th scope="row" role="rowheader">(.*?)<\/th>/g)]
    expect(rows).toHaveLength(200 + REPORT.pins.length)
    expect(rows[0]?.[1]).toBe(FILE.fileName)
    expect(html).toContain('51 more are not shown here')
  })

  it("has no tag, attribute or control character of an enemy's", () => {
    const benign = shape(page(enemyReport('x')))
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        '"><script>alert(1)</script>',
        '</td>',
        '\u001b[2J\r\n\u202e',
        '&lt;img>',
        "' onclick=x",
      ),
    )
    fc.assert(
      fc.property(text, (enemy) => {
        const html = page(enemyReport(`was ${enemy}`))
        expect(shape(html)).toEqual(benign)
        // oxlint-disable-next-line no-control-regex
        expect(html).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      }),
      { numRuns: 30 },
    )
  })
})

/** All tags, with the names of their attributes. */
function shape(html: string): readonly string[] {
  return [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/="[^"]*"/g, '=""'))
}

function enemyReport(text: string): LinkedReport {
  return {
    ...LINKED,
    name: `n${text}`,
    version: `v${text}`,
    upstream: `u${text}`,
    rule: text,
    next: [text],
    files: [
      {
        ...FILE,
        fileName: text,
        code: text,
        sentence: text,
        grounds: [{ code: text, fact: text, exemptedBy: text }],
        signer: {
          ...FILE.signer!,
          identity: `https://h/${text}`,
          issuer: text,
          claims: { ...FILE.signer!.claims, sourceRepositoryUri: `u${text}`, sourceRepositoryRef: text },
        },
        notes: [text],
      },
    ],
    servedInstead: { version: text },
    pins: [{ ...REPORT.pins[0]!, repository: text, workflow: text, by: text, issuer: text }],
    refusal: { ...LINKED.refusal, sentence: text, fileName: text },
  }
}
