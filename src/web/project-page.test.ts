import fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Project } from '../access/index.ts'
import type { FileSeal, FileSeals, StoredFile } from '../registry/index.ts'
import { projectPage, type Place } from './project-page.ts'
import type { FileView, PackageView, ProjectView } from './project-view.ts'
import { textOf } from './markup.ts'
import { sizeWords } from './words.ts'

const ISSUER = 'http://seal.example:7711'
const OWN = 'https://seal.example:7711/acme/tools//.gitlab-ci.yml@'
const PROJECT: Project = {
  id: 7,
  path: 'acme/tools',
  name: 'tools',
  namespaceId: 1,
  namespacePath: 'acme',
  visibility: 'public',
  defaultBranch: 'main',
}
const PLACE: Place = { up: '../', url: ISSUER, issuer: ISSUER, fingerprint: 'sha256:ff' }
const FILE: StoredFile = {
  id: 3,
  packageId: 2,
  name: 'Tools',
  version: '1.0',
  fileName: 'tools-1.0.tar.gz',
  sha256: 'a'.repeat(64),
  size: 1536,
  requiresPython: null,
  metadata: null,
  createdAtMs: 1_767_322_999_678,
  yankedReason: null,
  quarantinedReason: null,
  deletedAtMs: null,
  isListed: true,
  provenance: null,
}
const SEALS: FileSeals = {
  fileName: FILE.fileName,
  sha256: FILE.sha256,
  isListed: true,
  rule: 'off',
  ruleSha256: '',
  rootsSha256: '',
  outcome: 'none',
  message: '',
  judgedAt: null,
  judgedAgainAt: null,
  seals: [],
}

function viewOf(file: Partial<StoredFile> = {}, seals: Partial<FileSeals> = {}): FileView {
  const stored = { ...FILE, ...file }
  return { file: stored, seals: { ...SEALS, fileName: stored.fileName, ...seals } }
}

function pageOf(files: readonly FileView[], changes: Partial<PackageView & ProjectView> = {}): string {
  const { project = PROJECT, missing, names = ['tools'], after, ...shown } = changes
  const part = { name: 'tools', title: 'Tools', status: 'active', statusReason: '', beforeId: undefined }
  const view = { project, names, after, missing, shown: { ...part, files, ...shown } }
  return textOf(projectPage(view, PLACE))
}

function verified(identity: string, kind: FileSeal['kind'] = 'pair', issuer = ISSUER): Partial<FileSeals> {
  const signer = { identity, issuer, claims: {} }
  const report = { verified: true, reason: 'ok', message: 'it holds', signer, checks: [] }
  const seal: FileSeal = { kind, files: [], sealSha256: '', outcome: 'verified', report }
  return { outcome: 'verified', message: 'it holds', seals: [seal] }
}

const NAMES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function linesOf(page: string): readonly string[] {
  const codes = page.matchAll(/<code>((?:(?!<\/code>)[^])*)<\/code>\n/g)
  return [...codes].map(([, line = '']) =>
    line.replaceAll(/<\/?span>/g, '').replaceAll(/&([^;]+);/g, (all, name: string) => NAMES[name] ?? all),
  )
}

describe('text of strangers', () => {
  /** Tags without what stands in their attributes, and without those around each word of a line. */
  const skeleton = (page: string): readonly string[] =>
    (page.replaceAll(/"[^"]*"/g, '""').match(/<[^>]*>/g) ?? []).filter((tag) => !/^<\/?span>$/.test(tag))
  const evil = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.string({
      minLength: 1,
      unit: fc.constantFrom('<', '>', '"', "'", '&', '\n', '\u202e', ' ', '=', '/'),
    }),
    fc.constantFrom('"><script>x</script>', "' onload='x", '</title>', '&lt;', '<!--', '\u0000'),
  )
  const everywhere = (text: string): string => {
    const seals = { ...verified(text, 'pair', text), rule: text as FileSeals['rule'] }
    const file = { version: text, fileName: text, yankedReason: text, isListed: false }
    const quarantined = viewOf(
      { fileName: text, quarantinedReason: text },
      { outcome: 'refused', message: text },
    )
    const files = [viewOf(file, seals), quarantined, viewOf({ version: text }, seals)]
    const names = [text, 'tools']
    const more = { title: text, status: text, statusReason: text, missing: text, after: text, names }
    return pageOf(files, { ...more, beforeId: 3, name: text })
  }

  it('changes nothing of the page but its text', () => {
    const plain = skeleton(everywhere('x'))
    fc.assert(
      fc.property(evil, (text) => {
        expect(skeleton(everywhere(text))).toEqual(plain)
      }),
      { numRuns: 300 },
    )
  })

  it('turns no line around, and hides nothing', () => {
    fc.assert(
      fc.property(evil, (text) => {
        expect(everywhere(text)).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029\u200b]/u)
      }),
      { numRuns: 300 },
    )
  })

  it('is one word of a line, whatever it is', () => {
    for (const text of ["a'b", '$(touch x)', 'a b', ';x', '!1', '`x`', '*', '~', '#', '-x', 'a\\']) {
      const lines = linesOf(pageOf([viewOf({}, verified(text))]))
      const line = lines.find((one) => one.includes('fetch')) ?? ''
      const { stdout } = spawnSync('sh', ['-c', line.replace('wheelseal', String.raw`printf '%s\n'`)], {
        encoding: 'utf8',
      })
      const words = stdout.split('\n')
      expect(words[words.indexOf('--certificate-identity') + 1]).toBe(text)
    }
  })
})

describe('a file', () => {
  it.each([
    [{ yankedReason: 'broken' }, 'yanked: installers skip this version', 'broken'],
    [{ quarantinedReason: 'malware' }, 'quarantined: cannot be downloaded', 'malware'],
    [{ isListed: false }, 'not listed by the index', 'the publish rule is off'],
  ])('with %j is shown with its state and its reason', (change, words, reason) => {
    const page = pageOf([viewOf(change)])
    expect(page).toContain(`${words} <span class="soft">(${reason})`)
    expect(linesOf(page)).toEqual([])
    expect(linesOf(pageOf([viewOf(change), viewOf({ version: '0.9' })]))[0]).toContain('tools==0.9')
  })

  it('has a link to its bytes, unless they are kept back', () => {
    const link = `href="../api/v4/projects/7/packages/pypi/files/${FILE.sha256}/tools-1.0.tar.gz"`
    expect(pageOf([viewOf()])).toContain(link)
    expect(pageOf([viewOf({ quarantinedReason: '' })])).not.toContain(link)
  })

  it('has its size, its time, and its provenance where there is one', () => {
    const page = pageOf([viewOf()])
    expect(page).toContain('1.5 KiB')
    expect(page).toMatch(/<time datetime="2026-01-02T03:03:19\.678\d*Z">2026-01-02<\/time>/)
    expect(page).not.toContain('provenance')
    const provenance = { sha256: 'b'.repeat(64), size: 1 }
    const href = 'href="../api/v4/projects/7/packages/pypi/integrity/tools/1.0/tools-1.0.tar.gz/provenance"'
    expect(pageOf([viewOf({ provenance })])).toContain(href)
    expect(pageOf([viewOf({ provenance, version: '1.0+x' })])).toContain('/integrity/tools/1.0%2Bx/')
  })

  it.each([
    ['verified', 'good', 'verified'],
    ['refused', 'bad', 'refused'],
    ['undecided', 'wait', 'undecided, which counts as not verified'],
    ['not judged', 'wait', 'not verified yet'],
  ] as const)('that is %s is called so, and why', (outcome, tone, words) => {
    expect(pageOf([viewOf({}, { outcome, message: 'the reason' })])).toContain(
      `<p class="${tone}">${words} <span class="soft">(the reason)</span></p>`,
    )
  })

  it('has what there is of each kind of seal, with its verdict', () => {
    const page = pageOf([viewOf({}, verified('me'))])
    expect(page).toContain('<p>signature and certificate (verified), <a href="../api/v4/projects/7/packages')
    expect(page).toContain('/tools-1.0.tar.gz/seals" aria-label="All checks of tools-1.0.tar.gz">')
  })

  it('that is verified names who signed; one without a seal names nothing', () => {
    expect(pageOf([viewOf({}, verified('me@example.com'))])).toContain('(signed by me@example.com)')
    expect(pageOf([viewOf({}, { message: 'x has no seal' })])).toContain('<p class="soft">no signature</p>')
  })

  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1.0 KiB'],
    [5 * 1024 ** 3, '5.0 GiB'],
  ])('of %d bytes has %s', (bytes, words) => {
    expect(sizeWords(bytes)).toBe(words)
  })
})

describe('the lines', () => {
  it('install the newest release that installers take, and verify none that has no verified file', () => {
    const page = pageOf([viewOf()])
    expect(linesOf(page)).toEqual([
      `pip install --index-url ${ISSUER}/api/v4/projects/7/packages/pypi/simple tools==1.0`,
      `uv pip install --default-index ${ISSUER}/api/v4/projects/7/packages/pypi/simple tools==1.0`,
    ])
    expect(page).toContain('No file of this version on this page has a verified signature')
    expect(page).not.toContain('.netrc')
    expect(pageOf([viewOf()], { project: { ...PROJECT, visibility: 'private' } })).toContain(
      'machine seal.example login',
    )
  })

  it('are not there for a package that is quarantined', () => {
    expect(linesOf(pageOf([viewOf()], { status: 'quarantined' }))).toEqual([])
  })

  it('verify by the own pipeline as a project, at the branch or tag that signed', () => {
    const lines = (ref: string): string => linesOf(pageOf([viewOf({}, verified(`${OWN}${ref}`))])).join('\n')
    expect(lines('refs/heads/main')).toContain(
      `wheelseal verify --offline --project acme/tools --certificate-oidc-issuer ${ISSUER} --trusted-root`,
    )
    expect(lines('refs/tags/v1')).toContain(
      '--project acme/tools --ref refs/tags/v1 --certificate-oidc-issuer',
    )
  })

  it.each([
    ['of another issuer', `${OWN}refs/heads/main`, 'https://other.example'],
    [
      'of another project',
      'https://seal.example:7711/acme/tools-evil//.gitlab-ci.yml@refs/heads/main',
      ISSUER,
    ],
    ['of another file', 'https://seal.example:7711/acme/tools//evil.yml@refs/heads/main', ISSUER],
  ])('verify by the whole identity a signer %s', (_what, identity, issuer) => {
    const lines = linesOf(pageOf([viewOf({}, verified(identity, 'pair', issuer))]))
    const who = `--certificate-identity ${identity} --certificate-oidc-issuer ${issuer}`
    for (const start of ['wheelseal fetch', 'wheelseal verify', 'cosign verify-blob'])
      expect(lines.find((line) => line.startsWith(start))).toContain(who)
    expect(lines.find((line) => line.startsWith('wheelseal verify'))).not.toContain('--project')
  })

  it.each([
    ['pair', ['--signature', '--bundle']],
    ['bundle', ['--bundle']],
    ['attestation', []],
  ] as const)('give stock cosign what it reads of a %s', (kind, flags) => {
    const lines = linesOf(pageOf([viewOf({}, verified(`${OWN}refs/heads/main`, kind))]))
    const cosign = lines.filter((line) => line.startsWith('cosign '))
    expect(cosign.map((line) => /--signature|--bundle/.exec(line)?.[0])).toEqual(flags)
  })

  it('are quoted where a shell sees more than a word', () => {
    expect(linesOf(pageOf([viewOf({ version: '1!2.0' })]))[0]).toContain(" 'tools==1!2.0'")
  })

  it('do not go by a seal of another version', () => {
    const older = viewOf({ version: '0.9' }, verified(`${OWN}refs/heads/main`))
    expect(linesOf(pageOf([viewOf(), older]))).toHaveLength(2)
  })

  it('do not go by a seal that is not verified', () => {
    const sealed = verified(`${OWN}refs/heads/main`)
    const [seal] = sealed.seals ?? []
    expect(seal).toBeDefined()
    const refused: Partial<FileSeals> = { ...sealed, seals: [{ ...seal!, outcome: 'refused' }] }
    for (const one of [refused, { ...sealed, outcome: 'refused' as const }])
      expect(linesOf(pageOf([viewOf({}, one)]))).toHaveLength(2)
  })
})
