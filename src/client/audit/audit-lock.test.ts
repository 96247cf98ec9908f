import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex, utf8 } from '../../base/index.ts'
import {
  auditAt,
  fileReport,
  openGate,
  refusedFile,
  releaseReport,
  SIGNER,
  textAt,
  unsealed,
  type AuditChanges,
  type Gate,
} from './arrange.ts'
import { isClean, type AuditReport } from './index.ts'

const [WHEEL, SDIST] = ['demo-1.0-py3-none-any.whl', 'demo-1.0.tar.gz']
const hash = (name: string): string => `--hash=sha256:${sha256Hex(utf8(name))}`

let [gate, folder]: [Gate, string] = [undefined as never, '']
beforeEach(async () => {
  gate = await openGate()
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-audit-'))
  gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [fileReport(WHEEL), fileReport(SDIST)]))
})
afterEach(async () => {
  gate.close()
  await rm(folder, { recursive: true })
})

async function audited(name: string, text: string, changes: AuditChanges = {}): Promise<AuditReport> {
  await writeFile(join(folder, name), text)
  return auditAt(gate, join(folder, name), changes)
}

const requirements = (text: string): Promise<AuditReport> => audited('requirements.txt', text)
const stateOf = ({ distributions }: AuditReport): unknown => distributions[0]?.state
const codesOf = ({ distributions, findings }: AuditReport): readonly string[] =>
  [...distributions.flatMap((one) => one.findings), ...findings].map(({ code }) => code)
const clean = (report: AuditReport): boolean => isClean(report, { strict: false })

describe('a file of a lock', () => {
  it('is sealed where the gate serves the file with its digest, by a seal', async () => {
    const report = await requirements(`demo==1.0 ${hash(WHEEL)} ${hash(SDIST)}\n`)
    expect([stateOf(report), codesOf(report), clean(report)]).toEqual(['sealed', [], true])
  })

  it.each([
    ['unsealed', unsealed(fileReport(WHEEL)), ['audit.unsealed'], true],
    [
      'exempt',
      fileReport(WHEEL, {
        grounds: [{ code: 'gate.unsigned', fact: 'has no seal', exemptedBy: 'exempt[1] of policy.toml' }],
        until: '2027-02-01T00:00:00Z',
      }),
      [],
      true,
    ],
    ['refused', refusedFile(WHEEL, 'verify.identity', 'was signed by x'), ['verify.identity'], false],
    ['held', fileReport(WHEEL, { outcome: 'held', code: 'gate.held' }), ['gate.held'], false],
    ['undecided', fileReport(WHEEL, { outcome: 'not judged' }), ['audit.undecided'], false],
  ])('is %s where the gate says so', async (state, file, ...expected) => {
    gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [file]))
    const report = await requirements(`demo==1.0 ${hash(WHEEL)}\n`)
    expect([stateOf(report), codesOf(report), clean(report)]).toEqual([state, ...expected])
  })

  it('fails a strict audit where it has no seal', async () => {
    gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [unsealed(fileReport(WHEEL))]))
    const report = await requirements(`demo==1.0 ${hash(WHEEL)}\n`)
    expect(isClean(report, { strict: true })).toBe(false)
  })

  it('has the end of its exemption, and a refusal the signer and its line', async () => {
    const grounds = [{ code: 'gate.unsigned', fact: 'x', exemptedBy: 'y' }]
    gate.reports.set(
      'a/1',
      releaseReport('a', '1', [fileReport(WHEEL, { grounds, until: '2027-02-01T00:00:00Z' })]),
    )
    gate.reports.set(
      'demo/1.0',
      releaseReport('demo', '1.0', [refusedFile(WHEEL, 'verify.identity', 'was signed by x')]),
    )
    const { distributions } = await requirements(`a==1 ${hash(WHEEL)}\n\ndemo==1.0 ${hash(WHEEL)}\n`)
    expect(distributions).toMatchObject([
      { exemptUntil: '2027-02-01T00:00:00Z' },
      {
        findings: [
          { line: 3, fact: `${WHEEL} was signed by x`, brief: 'verify.identity, gitlab.com/acme/demo' },
        ],
      },
    ])
  })

  it('is refused with its release, whichever of the files that are locked is', async () => {
    const files = [fileReport(WHEEL), refusedFile(SDIST, 'gate.digest', 'has other bytes')]
    gate.reports.set('demo/1.0', releaseReport('demo', '1.0', files))
    expect(stateOf(await requirements(`demo==1.0 ${hash(WHEEL)} ${hash(SDIST)}\n`))).toBe('refused')
    expect(stateOf(await requirements(`demo==1.0 ${hash(WHEEL)}\n`))).toBe('sealed')
  })

  it('comes from this machine where a path and no SHA-256 says what it is', async () => {
    const wheel = (hashes: string): string =>
      `lock-version = "1.0"\n[[packages]]\nname = "demo"\nversion = "1.0"\nwheels = [{name = "${WHEEL}", path = "evil/${WHEEL}", hashes = {${hashes}}}]\n`
    const report = await audited('pylock.toml', wheel(`sha512 = "${'0'.repeat(128)}"`))
    expect([codesOf(report), clean(report)]).toEqual([['audit.around', 'audit.unpinned'], false])
    const pinned = await audited('pylock.toml', wheel(`sha256 = "${sha256Hex(utf8(WHEEL))}"`))
    expect([codesOf(pinned), clean(pinned)]).toEqual([[], true])
  })

  it('is not known where the gate has no such release, digest or file', async () => {
    for (const text of [`other==1.0 ${hash(WHEEL)}\n`, `demo==1.0 ${hash('evil')}\n`]) {
      const report = await requirements(text)
      expect([stateOf(report), codesOf(report), clean(report)]).toEqual(['unknown', ['audit.unknown'], false])
    }
    const lock = `[[package]]\nname = "demo"\nversion = "1.0"\nfiles = [{file = "${WHEEL}", hash = "sha256:${'0'.repeat(64)}"}]\n[metadata]\nlock_version = "4.5.1"\n`
    const report = await audited('pdm.lock', lock)
    expect(report.distributions).toMatchObject([
      { state: 'unknown', findings: [{ fact: `${WHEEL} has another SHA-256 in the lock than at the gate` }] },
    ])
  })

  it.each([
    ['demo==1.0', 'unpinned'],
    [`demo==1.0 --hash=sha512:${'a'.repeat(128)}`, 'unpinned'],
  ])('may be any of its release where no SHA-256 is pinned: %s', async (text) => {
    const report = await requirements(text)
    expect([stateOf(report), codesOf(report), clean(report)]).toEqual(['sealed', ['audit.unpinned'], true])
    expect(isClean(report, { strict: true })).toBe(false)
    gate.reports.set(
      'demo/1.0',
      releaseReport('demo', '1.0', [fileReport(WHEEL), refusedFile(SDIST, 'gate.digest', 'x')]),
    )
    expect(stateOf(await requirements(text))).toBe('refused')
  })

  it.each(['demo>=1.0', 'demo'])('is not decided where no version is pinned: %s', async (text) => {
    const report = await requirements(text)
    expect([stateOf(report), clean(report), gate.asked]).toEqual(['undecided', false, []])
  })

  it.each([
    ['an error', 500],
    ['an upstream that is down', 424],
  ])('is not decided where the gate answers with %s', async (_what, status) => {
    gate.reports.set('demo/1.0', status)
    const report = await requirements(`demo==1.0 ${hash(WHEEL)}\n`)
    expect([stateOf(report), codesOf(report), clean(report)]).toEqual([
      'undecided',
      ['audit.undecided'],
      false,
    ])
  })

  it('is not decided by a report about another release, or by what is no report', async () => {
    gate.reports.set('demo/1.0', releaseReport('other', '1.0', [fileReport(WHEEL)]))
    expect(stateOf(await requirements(`demo==1.0 ${hash(WHEEL)}\n`))).toBe('undecided')
    gate.reports.set('demo/1.0', { files: 'none' } as never)
    expect(stateOf(await requirements(`demo==1.0 ${hash(WHEEL)}\n`))).toBe('undecided')
  })
})

describe('what does not come through the gate', () => {
  const uvLock = (index: string, url: string): string =>
    `version = 1\n[[package]]\nname = "demo"\nversion = "1.0"\nsource = { registry = "${index}" }\nwheels = [{ url = "${url}", hash = "sha256:${sha256Hex(utf8(WHEEL))}" }]\n`

  it('is found by the index and by the URL of each file, and the gate by both', async () => {
    const own = await audited('uv.lock', uvLock(`${gate.url}/simple/`, `${gate.url}/files/pypi/x/${WHEEL}`))
    expect([stateOf(own), codesOf(own)]).toEqual(['sealed', []])
    for (const [index, url] of [
      [`${gate.url}/simple/`, `https://index.example/${WHEEL}`],
      ['https://index.example/simple/', `${gate.url}/files/${WHEEL}`],
      [`${gate.url}/simple/`, `${gate.url}-evil/files/${WHEEL}`],
      [`${gate.url}/simple/`, `${gate.url.replace('//', '//x@evil.example/')}/${WHEEL}`],
      [`${gate.url}/simple/`, `${gate.url}/../../other/${WHEEL}`],
      ['../links', `${gate.url}/files/${WHEEL}`],
    ]) {
      const report = await audited('uv.lock', uvLock(index ?? '', url ?? ''))
      expect([stateOf(report), codesOf(report), clean(report)], url).toEqual([
        'around',
        ['audit.around'],
        false,
      ])
    }
  })

  it('is refused rather than around, where the gate refuses it too', async () => {
    gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [refusedFile(WHEEL, 'verify.identity', 'x')]))
    const report = await audited(
      'uv.lock',
      uvLock('https://index.example/simple/', `https://index.example/${WHEEL}`),
    )
    expect([stateOf(report), codesOf(report)]).toEqual(['refused', ['audit.around', 'verify.identity']])
  })

  it.each([
    ['x @ git+https://git.example/x.git', 'around'],
    ['https://files.example/other-1.0-py3-none-any.whl', 'around'],
    ['-e .', 'local'],
    [`./${WHEEL} ${hash(WHEEL)}`, 'sealed'],
    [`./${WHEEL} ${hash('evil')}`, 'around'],
  ])('is told from folders and files of this machine: %s', async (text, state) => {
    expect(stateOf(await requirements(text))).toBe(state)
  })

  it.each([
    '--index-url https://index.example/simple',
    '--extra-index-url https://x.example/',
    '--find-links ./dist',
  ])('is what a requirements file adds: %s', async (text) => {
    const report = await requirements(`${text}\n`)
    expect([codesOf(report), clean(report)]).toEqual([['audit.around'], false])
  })

  it('is not the index of the gate, and a file that is not read is named', async () => {
    const report = await requirements(`--index-url ${gate.url}/simple\n-r base.txt\n`)
    expect([codesOf(report), clean(report)]).toEqual([['audit.include'], true])
    expect(report.findings[0]).toMatchObject({
      line: 2,
      fact: expect.stringContaining('base.txt') as unknown,
    })
  })
})

describe('the gate', () => {
  it('is asked once for each release, be it written in two ways', async () => {
    await requirements('demo==1.0\nDemo==1.0.0\n')
    expect(gate.asked).toEqual(
      ['/gate/prod/why/demo/1.0.0'].map(() => expect.stringContaining('/why/demo/1.0')),
    )
  })

  it('fails the audit as a whole where it is down', async () => {
    gate.close()
    await expect(requirements('demo==1.0\n')).rejects.toMatchObject({ code: 'gate.upstream', exit: 1 })
  })

  it('fails the audit as a whole where it answers only those who may read', async () => {
    gate.reports.set('demo/1.0', 401)
    await expect(requirements('demo==1.0\n')).rejects.toMatchObject({ code: 'client.gate-access' })
  })
})

describe('identities in a lock', () => {
  const pylock = `lock-version = "1.0"\ncreated-by = "x"\n\n[[packages]]\nname = "demo"\nversion = "1.0"\nwheels = [{ name = "${WHEEL}", hashes = { sha256 = "${sha256Hex(utf8(WHEEL))}" } }]\n`

  it('are written, and found again by a later audit', async () => {
    const report = await audited('pylock.toml', pylock, { writeIdentities: true })
    expect(report.identitiesWritten).toBe(1)
    const text = await textAt(folder, 'pylock.toml')
    expect(text).toBe(
      `${pylock}\n[[packages.attestation-identities]]\nkind = "GitLab"\nrepository = "acme/demo"\nworkflow_filepath = ".gitlab-ci.yml"\n`,
    )
    const again = await audited('pylock.toml', text, { writeIdentities: true })
    expect([codesOf(again), again.identitiesWritten]).toEqual([[], 0])
  })

  it.each([
    [
      'audit.identity-changed',
      fileReport(WHEEL, {
        signer: {
          ...SIGNER,
          issuer: 'https://gitlab.evil.example',
          claims: { ...SIGNER.claims, sourceRepositoryUri: 'https://gitlab.evil.example/acme/demo' },
        },
      }),
    ],
    ['audit.identity-lost', unsealed(fileReport(WHEEL))],
  ])('fail the audit with %s where the signer is not the same', async (code, file) => {
    await audited('pylock.toml', pylock, { writeIdentities: true })
    gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [file]))
    const report = await auditAt(gate, join(folder, 'pylock.toml'))
    expect([stateOf(report), codesOf(report).at(-1), clean(report)]).toEqual(['changed', code, false])
  })

  it('are not written for what is refused, unsealed or not through the gate', async () => {
    for (const file of [refusedFile(WHEEL, 'gate.held', 'x'), unsealed(fileReport(WHEEL))]) {
      gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [file]))
      expect((await audited('pylock.toml', pylock, { writeIdentities: true })).identitiesWritten).toBe(0)
    }
    expect(await textAt(folder, 'pylock.toml')).toBe(pylock)
  })

  it('have no place in another lock, which is said before the gate is asked', async () => {
    await expect(audited('requirements.txt', 'demo==1.0', { writeIdentities: true })).rejects.toMatchObject({
      code: 'lock.identities',
    })
    expect(gate.asked).toEqual([])
  })
})
