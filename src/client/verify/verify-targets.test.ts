import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { concatBytes, utf8 } from '../../base/index.ts'
import { netErrors } from '../../net/index.ts'
import { artifact, ISSUER } from '../../verify/arrange.ts'
import { envelopeBundle, fileBundle, statement } from '../../verify/attacks/arrange.ts'
import { CHECK_NAMES, exactly } from '../../verify/index.ts'
import { ioWith, LOG_URL, plan, sealedFiles, trustedRoot, WHEEL, type TestIo } from './arrange.ts'
import { prepare, verifyTargets, type FileOutcome, type VerifyPlan } from './index.ts'

const POLICY = `version = 1
[[rules]]
names = ["demo"]
[[rules.any_of]]
issuer = "${ISSUER}"
identity = "https://gitlab.example/acme/app//.gitlab-ci.yml@refs/heads/main"
`

describe('a file', () => {
  it('is verified with the pair beside it and the entry of the log, which is told', async () => {
    const io = ioWith(sealedFiles())
    expect(await outcome({}, io)).toMatchObject({
      file: WHEEL,
      verified: true,
      reason: '',
      seal: [`${WHEEL}.sig`, `${WHEEL}.crt`],
      askedLog: LOG_URL,
    })
    expect(io.asked).toEqual([`${LOG_URL}/api/v1/log/entries/retrieve`])
  })

  it('is refused when it was altered, with every check', async () => {
    const files = sealedFiles().set(WHEEL, utf8('other bytes'))
    const refused = await outcome({}, ioWith(files))
    expect(refused).toMatchObject({ verified: false, reason: 'verify.signature' })
    expect(refused.checks.map(({ name }) => name)).toEqual(CHECK_NAMES)
    expect(refused.hint).toContain('do not use the file')
  })

  it('is refused when somebody else signed', async () => {
    const policy = { anyOf: [{ san: exactly('https://other.test/x'), issuer: exactly(ISSUER) }] }
    expect(await outcome({ expectation: { kind: 'policy', policy } })).toMatchObject({
      verified: false,
      reason: 'verify.identity',
    })
  })

  it('is refused when the log does not know the signature', async () => {
    expect(await outcome({}, ioWith(sealedFiles(), []))).toMatchObject({
      verified: false,
      reason: 'verify.logged',
      askedLog: LOG_URL,
    })
  })

  it('is checked in all else where the log does not answer, which decides only where nothing else does', async () => {
    const unreachable = (): Promise<never> => {
      throw netErrors('net.unreachable', 'nobody there')
    }
    const http = { request: unreachable }
    const good = await outcome({}, { ...ioWith(sealedFiles()), http })
    expect(good).toMatchObject({ verified: false, reason: 'net.unreachable', askedLog: LOG_URL })
    expect(good.checks.map(({ name }) => name)).toEqual(CHECK_NAMES)
    const altered = sealedFiles().set(WHEEL, utf8('other bytes'))
    expect(await outcome({}, { ...ioWith(altered), http })).toMatchObject({ reason: 'verify.signature' })
  })

  it('is refused where there is no file, no seal, or half of one', async () => {
    expect(await outcome({ targets: [{ kind: 'file', path: 'x' }] })).toMatchObject({
      reason: 'host.file',
      message: 'x is refused: no such file [host.file]',
    })
    const files = sealedFiles()
    files.delete(`${WHEEL}.crt`)
    expect(await outcome({}, ioWith(files))).toMatchObject({ reason: 'verify.no-seal' })
  })

  it('is refused with a seal that is none', async () => {
    const files = sealedFiles().set(`${WHEEL}.sig`, utf8('!'))
    expect(await outcome({}, ioWith(files))).toMatchObject({ reason: 'sigstore.signature-file' })
  })

  it('is refused with a seal that is no text, as with one that is no JSON', async () => {
    for (const bytes of [new Uint8Array([0x7b, 0xff, 0x7d]), new Uint8Array(), utf8('[')]) {
      const files = sealedFiles().set(`${WHEEL}.sigstore.json`, bytes)
      const refused = await outcome({}, ioWith(files))
      expect(refused).toMatchObject({ verified: false, reason: 'verify.bundle' })
      expect(refused.checks).toHaveLength(CHECK_NAMES.length)
    }
  })

  it('asks nobody when nobody may be asked, and says what is missing', async () => {
    const io = ioWith(sealedFiles())
    const refused = await outcome({ network: 'none' }, io)
    expect(refused).toMatchObject({ verified: false, reason: 'client.verify-offline' })
    expect(refused.checks.find(({ name }) => name === 'signature')?.outcome).toBe('passed')
    expect(io.asked).toEqual([])
  })

  it('is taken for a bundle where one lies beside it, whatever else does', async () => {
    const files = sealedFiles().set(`${WHEEL}.sigstore.json`, utf8('{}'))
    expect(await outcome({}, ioWith(files))).toMatchObject({ verified: false })
  })

  it('is refused, and not read in another way, where its bundle is not JSON in UTF-8', async () => {
    const bundle = utf8(JSON.stringify(fileBundle()))
    const beside = (bytes: Uint8Array): Promise<FileOutcome> =>
      outcome({}, ioWith(sealedFiles().set(`${WHEEL}.sigstore.json`, bytes)))
    expect(await beside(bundle)).toMatchObject({ verified: true })
    expect(await beside(concatBytes(utf8('\ufeff'), bundle))).toMatchObject({ reason: 'verify.bundle' })
    expect(await beside(concatBytes(bundle, new Uint8Array([0xff])))).toMatchObject({
      reason: 'verify.bundle',
    })
  })

  it('is refused with an attestation whose second digest is of other bytes', async () => {
    const [subject] = statement().subject
    const about = (sha512: string): Promise<FileOutcome> => {
      const digest = { ...subject.digest, sha512 }
      const bundle = envelopeBundle(statement({ subject: [{ ...subject, digest }] }))
      const files = sealedFiles().set(`${WHEEL}.sigstore.json`, utf8(JSON.stringify(bundle)))
      return outcome({}, ioWith(files))
    }
    const right = createHash('sha512').update('the bytes of a wheel').digest('hex')
    expect(await about(right)).toMatchObject({ verified: true })
    expect(await about('ab'.repeat(64))).toMatchObject({ reason: 'verify.attestation' })
  })

  it('may be a digest', async () => {
    const text = 'sha256:…'
    const seal = { kind: 'pair', signature: `${WHEEL}.sig`, certificate: `${WHEEL}.crt` } as const
    const targets = [{ kind: 'digest', sha256: artifact.sha256, text }] as const
    expect(await outcome({ targets, seal })).toMatchObject({ file: text, verified: true })
  })
})

describe('a policy file', () => {
  const expectation = { kind: 'policy-file', path: 'policy.toml' } as const
  const under = (toml: string, changes: Partial<VerifyPlan> = {}): Promise<FileOutcome> =>
    outcome({ expectation, ...changes }, ioWith(sealedFiles().set('policy.toml', utf8(toml))))

  it('decides by the name of the package', async () => {
    expect(await under(POLICY)).toMatchObject({ verified: true })
    expect(await under(POLICY.replace('demo', 'demo2'))).toMatchObject({
      reason: 'verify.policy',
      message: expect.stringContaining('no rule of policy.toml lists the name demo'),
    })
  })

  it('refuses what a pair cannot have', async () => {
    expect(await under(POLICY.replace(']\n', ']\nrequire = ["bundle"]\n'))).toMatchObject({
      verified: false,
    })
    expect(await under(POLICY.replace('["demo"]', '["demo"]\nrequire = ["bundle"]'))).toMatchObject({
      reason: 'verify.policy',
    })
  })

  it('requires an attestation by name and digest, in a bundle too', async () => {
    const [subject] = statement().subject
    const named = (name: string, toml: string): Promise<FileOutcome> => {
      const bundle = envelopeBundle(statement({ subject: [{ ...subject, name }] }))
      const files = sealedFiles().set(`${WHEEL}.sigstore.json`, utf8(JSON.stringify(bundle)))
      return outcome({ expectation }, ioWith(files.set('policy.toml', utf8(toml))))
    }
    const required = POLICY.replace('["demo"]', '["demo"]\nrequire = ["attestation"]')
    expect(await named('demo-1.0-py3-none-any.whl', required)).toMatchObject({ verified: true })
    expect(await named('other-2.0.tar.gz', POLICY)).toMatchObject({ verified: true })
    expect(await named('other-2.0.tar.gz', required)).toMatchObject({ reason: 'verify.attestation' })
  })

  it('lists no file that an installer may take for one of another package', async () => {
    const under2 = (name: string): Promise<FileOutcome> => {
      const toml = POLICY.replace('names = ["demo"]', 'prefixes = ["demo-"]')
      const files = sealedFiles().set('policy.toml', utf8(toml))
      for (const ending of ['', '.sig', '.crt'])
        files.set(`${name}${ending}`, files.get(`${WHEEL}${ending}`)!)
      return outcome({ expectation, targets: [{ kind: 'file', path: name }] }, ioWith(files))
    }
    for (const name of ['demo-x-1.0.tar.gz', 'demo_1.0-2.tar.gz'])
      expect(await under2(name)).toMatchObject({ verified: true })
    for (const name of ['demo-1.0-2.tar.gz', 'demo-1.0-rc-1.tar.gz'])
      expect(await under2(name)).toMatchObject({
        reason: 'verify.policy',
        message: expect.stringMatching(/is ambiguous: the package is \S+ or demo \[/),
      })
  })

  it('lists no file that is no distribution', async () => {
    const files = sealedFiles().set('policy.toml', utf8(POLICY))
    for (const ending of ['', '.sig', '.crt']) files.set(`demo${ending}`, files.get(`${WHEEL}${ending}`)!)
    const targets = [{ kind: 'file', path: 'demo' }] as const
    expect(await outcome({ expectation, targets }, ioWith(files))).toMatchObject({
      reason: 'verify.policy',
      message: expect.stringContaining('is not the file name of a wheel or sdist'),
    })
  })
})

describe('several files', () => {
  it('have their outcomes in their order, and each is told once', async () => {
    const targets = ['x', WHEEL, 'y', WHEEL, 'z', WHEEL].map((path) => ({ kind: 'file' as const, path }))
    let count = 0
    const prepared = await prepare({ ...plan, targets }, ioWith(sealedFiles()))
    const outcomes = await verifyTargets(prepared, () => (count += 1))
    expect(outcomes.map(({ file, verified }) => [file, verified])).toEqual(
      targets.map(({ path }) => [path, path === WHEEL]),
    )
    expect(count).toBe(targets.length)
  })
})

describe('a trust root', () => {
  it.each([
    ['what is no JSON', 'x'],
    ['another file', '{}'],
    ['another version', JSON.stringify({ ...trustedRoot, mediaType: 'x' })],
    [
      'a key that is trusted since ever',
      JSON.stringify(trustedRoot).replaceAll(/"start":"[^"]*"/g, '"x":"x"'),
    ],
  ])('is refused: %s', async (_what, json) => {
    const files = sealedFiles().set('trusted_root.json', utf8(json))
    await expect(prepare(plan, ioWith(files))).rejects.toMatchObject({
      code: 'client.verify-trusted-root',
      message: expect.stringContaining('trusted_root.json: '),
    })
  })

  it('that has another authority refuses the file', async () => {
    const other = { ...trustedRoot, certificateAuthorities: [] }
    const files = sealedFiles().set('trusted_root.json', utf8(JSON.stringify(other)))
    expect(await outcome({}, ioWith(files))).toMatchObject({ reason: 'verify.chain' })
  })

  it('without a log leaves nobody to ask', async () => {
    const other = { ...trustedRoot, tlogs: [] }
    const files = sealedFiles().set('trusted_root.json', utf8(JSON.stringify(other)))
    expect(await outcome({}, ioWith(files))).toMatchObject({ reason: 'client.verify-no-log' })
  })
})

async function outcome(
  changes: Partial<VerifyPlan>,
  io: TestIo = ioWith(sealedFiles()),
): Promise<FileOutcome> {
  const [first] = await verifyTargets(await prepare({ ...plan, ...changes }, io), () => undefined)
  return first!
}
