import { describe, expect, it } from 'vitest'
import { encodeBase64, encodeHex, sha256, utf8, type Files } from '../../base/index.ts'
import { writeSignatureFile } from '../../formats/sigstore/index.ts'
import { ISSUER, keys, SAN, signature, signDigestOf } from '../../verify/arrange.ts'
import {
  attestation,
  envelopeBundle,
  fileBundle,
  statement,
  type Json,
} from '../../verify/attacks/arrange.ts'
import { exactly } from '../../verify/index.ts'
import { publicKeyPem } from '../../formats/x509/index.ts'
import { ioWith, plan, sealedFiles, WHEEL, type TestIo } from './arrange.ts'
import { prepare, verifyTargets, type FileOutcome, type VerifyPlan } from './index.ts'

const SDIST = 'dist/demo-1.0.tar.gz'
const json = (value: Json): Uint8Array => utf8(JSON.stringify(value))
const lines = (...values: readonly Json[]): Uint8Array =>
  utf8(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
const target = (path: string): VerifyPlan['targets'][number] => ({ kind: 'file', path })
const subject = (name: string, text: string): Json => ({
  name,
  digest: { sha256: encodeHex(sha256(utf8(text))) },
})
const aboutWheel = subject('demo-1.0-py3-none-any.whl', 'the bytes of a wheel')
const aboutSdist = subject('demo-1.0.tar.gz', 'the bytes of an sdist')
const about = (...subjects: readonly Json[]): Json => envelopeBundle(statement({ subject: subjects }))

/** The wheel with what lies beside it, by the endings of the names. */
function wheelWith(beside: Readonly<Record<string, Uint8Array>>): Map<string, Uint8Array> {
  const files = sealedFiles()
  for (const ending of ['.sig', '.crt']) if (beside[ending] === undefined) files.delete(`${WHEEL}${ending}`)
  for (const [ending, bytes] of Object.entries(beside)) files.set(`${WHEEL}${ending}`, bytes)
  return files
}

async function outcomesOf(
  files: ReadonlyMap<string, Uint8Array>,
  changes: Partial<VerifyPlan> = {},
  io: TestIo = ioWith(files),
): Promise<readonly FileOutcome[]> {
  return verifyTargets(await prepare({ ...plan, network: 'none', ...changes }, io), () => undefined)
}

async function outcomeOf(
  beside: Readonly<Record<string, Uint8Array>>,
  changes: Partial<VerifyPlan> = {},
): Promise<FileOutcome> {
  return (await outcomesOf(wheelWith(beside), changes))[0]!
}

const pair = {
  '.sig': sealedFiles().get(`${WHEEL}.sig`)!,
  '.crt': sealedFiles().get(`${WHEEL}.crt`)!,
}
const good = {
  '.sigstore.json': json(fileBundle()),
  '.publish.attestation': json(attestation()),
  '.slsa.attestation': json(attestation(statement({ predicateType: 'https://slsa.dev/provenance/v1' }))),
}

describe('everything that lies beside a file', () => {
  it('is verified, and told', async () => {
    expect(await outcomeOf({ ...good, ...pair })).toMatchObject({
      verified: true,
      seal: ['.sigstore.json', '.publish.attestation', '.slsa.attestation', '.sig', '.crt'].map(
        (ending) => `${WHEEL}${ending}`,
      ),
      also: [`${WHEEL}.publish.attestation`, `${WHEEL}.slsa.attestation`],
      notChecked: [],
    })
  })

  it.each(['.publish.attestation', '.slsa.attestation'] as const)('may be %s alone', async (ending) => {
    const outcome = await outcomeOf({ [ending]: good[ending] })
    expect(outcome).toMatchObject({ verified: true, seal: [`${WHEEL}${ending}`] })
    expect(outcome).not.toHaveProperty('also')
  })

  it.each([
    ['a bundle', '.sigstore.json'],
    ['a publish attestation', '.publish.attestation'],
    ['an attestation of provenance', '.slsa.attestation'],
  ])('is refused where one byte of %s is another, whatever else holds', async (_what, ending) => {
    const text = Buffer.from(good[ending as keyof typeof good]).toString()
    const broken = text.replace(/("(?:statement|messageSignature)":[^]*?)M/, '$1N')
    expect(broken).not.toBe(text)
    for (const bytes of [utf8(broken), utf8(text.slice(1)), new Uint8Array()])
      expect(await outcomeOf({ ...good, ...pair, [ending]: bytes })).toMatchObject({
        verified: false,
        message: expect.stringContaining(`${WHEEL} with ${WHEEL}${ending} is refused`),
      })
  })

  it('is refused where an attestation is about another file, or of somebody else', async () => {
    const other = json(attestation(statement({ subject: [aboutSdist] })))
    expect(await outcomeOf({ ...good, '.publish.attestation': other })).toMatchObject({
      reason: 'verify.attestation',
    })
    const policy = { anyOf: [{ san: exactly(`${SAN}x`), issuer: exactly(ISSUER) }] }
    const expectation = { kind: 'policy', policy } as const
    expect(await outcomeOf(good, { expectation })).toMatchObject({ reason: 'verify.identity' })
  })

  it('is compared by its name where PEP 740 or a policy binds it, and by its digest alone elsewhere', async () => {
    const renamed = statement({ subject: [{ ...aboutWheel, name: 'demo-2.0-py3-none-any.whl' }] })
    const bundle = json(envelopeBundle(renamed))
    expect(await outcomeOf({ ...good, '.sigstore.json': bundle })).toMatchObject({ verified: true })
    expect(await outcomeOf({ ...good, '.slsa.attestation': json(attestation(renamed)) })).toMatchObject({
      reason: 'verify.attestation',
    })
    const policy = {
      anyOf: [{ san: exactly(SAN), issuer: exactly(ISSUER) }],
      requires: ['attestation'],
    } as const
    const expectation = { kind: 'policy', policy } as const
    expect(await outcomeOf({ '.sigstore.json': bundle }, { expectation })).toMatchObject({
      reason: 'verify.attestation',
    })
  })

  it('has what a policy requires where one of them has it', async () => {
    const requiring = (...requires: readonly ('attestation' | 'timestamp')[]): Partial<VerifyPlan> => {
      const policy = { anyOf: [{ san: exactly(SAN), issuer: exactly(ISSUER) }], requires }
      return { expectation: { kind: 'policy', policy } }
    }
    expect(await outcomeOf(good, requiring('attestation'))).toMatchObject({ verified: true })
    expect(await outcomeOf(good, requiring('timestamp'))).toMatchObject({ reason: 'verify.policy' })
    const { '.sigstore.json': bundle } = good
    expect(await outcomeOf({ '.sigstore.json': bundle }, requiring('attestation'))).toMatchObject({
      reason: 'verify.policy',
    })
    const broken = json(attestation(statement({ subject: [aboutSdist] })))
    expect(await outcomeOf({ ...good, '.slsa.attestation': broken }, requiring('attestation'))).toMatchObject(
      { reason: 'verify.attestation' },
    )
  })
})

describe('a pair beside a bundle', () => {
  const other = { ...pair, '.sig': writeSignatureFile(signDigestOf('the bytes of a wheel')) }

  it('is not checked where it is another signature, since nobody is asked for its entry', async () => {
    const io = ioWith(wheelWith({ ...good, ...other }))
    const [outcome] = await outcomesOf(wheelWith({ ...good, ...other }), { network: 'allowed' }, io)
    expect(outcome).toMatchObject({ verified: true, notChecked: [`${WHEEL}.sig`, `${WHEEL}.crt`] })
    expect(io.asked).toEqual([])
  })

  it('is refused where it is no signature of the file, or none at all', async () => {
    const ofOther = { ...pair, '.sig': writeSignatureFile(signDigestOf('another wheel')) }
    expect(await outcomeOf({ ...good, ...ofOther })).toMatchObject({
      reason: 'verify.signature',
      message: expect.stringContaining(`${WHEEL} with ${WHEEL}.sig is refused`),
    })
    expect(await outcomeOf({ ...good, ...pair, '.sig': utf8('!') })).toMatchObject({
      reason: 'sigstore.signature-file',
    })
    expect(await outcomeOf({ ...good, ...pair, '.crt': utf8('!') })).toMatchObject({ verified: false })
  })

  it('is refused where it is that of another file, which one line of the bundles is about', async () => {
    const [text, ofOther] = ['another wheel', fileBundle()]
    const made = signDigestOf(text)
    ofOther.messageSignature = {
      messageDigest: { algorithm: 'SHA2_256', digest: encodeBase64(sha256(utf8(text))) },
      signature: encodeBase64(made),
    }
    const beside = { '.sigstore.json': lines(fileBundle(), ofOther), '.sig': writeSignatureFile(made) }
    expect(await outcomeOf({ ...pair, ...beside })).toMatchObject({ reason: 'verify.signature' })
  })

  it('is told where half of it is missing', async () => {
    const { '.sig': half } = pair
    expect(await outcomeOf({ ...good, '.sig': half })).toMatchObject({
      verified: true,
      notChecked: [`${WHEEL}.sig`],
    })
  })
})

describe('one bundle for several files', () => {
  const seal = { kind: 'bundle', path: 'all.json' } as const
  const targets = [target(WHEEL), target(SDIST)]
  const judge = (bundle: Uint8Array, changes: Partial<VerifyPlan> = {}): Promise<readonly FileOutcome[]> =>
    outcomesOf(new Map([...sealedFiles(), [SDIST, utf8('the bytes of an sdist')], ['all.json', bundle]]), {
      seal,
      targets,
      ...changes,
    })
  const reasons = async (bundle: Uint8Array): Promise<readonly string[]> =>
    (await judge(bundle)).map(({ verified, reason }) => (verified ? 'verified' : reason))

  it('is an attestation about each of them, and is read once', async () => {
    const files = new Map([...sealedFiles(), [SDIST, utf8('the bytes of an sdist')]])
    files.set('all.json', json(about(aboutWheel, aboutSdist)))
    const read: string[] = []
    const io = ioWith(files)
    const counting: Files = {
      ...io.files,
      read: (path, maxBytes) => {
        read.push(path)
        return io.files.read(path, maxBytes)
      },
      stream: (path) => {
        read.push(path)
        return io.files.stream(path)
      },
    }
    const found = await outcomesOf(files, { seal, targets }, { ...io, files: counting })
    expect(found).toMatchObject([{ verified: true }, { verified: true }])
    expect(read.toSorted()).toEqual(['all.json', SDIST, WHEEL, 'trusted_root.json'].toSorted())
  })

  it('refuses a file that is no subject of it, and no other', async () => {
    expect(await reasons(json(about(aboutWheel)))).toEqual(['verified', 'verify.attestation'])
  })

  it('is no signature, which is of one file', async () => {
    expect(await judge(json(fileBundle()))).toMatchObject([
      {
        reason: 'verify.no-seal',
        message: expect.stringContaining('the signature of one file, but 2 files are given'),
      },
      { reason: 'verify.no-seal' },
    ])
  })

  it('may be several, one a line, of which those about a file must all hold', async () => {
    expect(await reasons(lines(about(aboutWheel), about(aboutSdist)))).toEqual(['verified', 'verified'])
    expect(await reasons(lines(fileBundle(), about(aboutSdist)))).toEqual(['verified', 'verified'])
    const forged = about(aboutWheel)
    forged.dsseEnvelope.signatures[0].sig = Buffer.from(signature).toString('base64')
    expect(await reasons(lines(about(aboutWheel), forged, about(aboutSdist)))).toEqual([
      'verify.signature',
      'verified',
    ])
    const found = await judge(lines(about(aboutWheel), about(aboutWheel)))
    expect(found).toMatchObject([{ verified: true, attestations: 2 }, { reason: 'verify.no-seal' }])
  })

  it('is refused as a whole where one of its lines cannot be read', async () => {
    const bad = { ...about(aboutSdist), mediaType: 'x' }
    expect(await reasons(lines(about(aboutWheel), bad, about(aboutSdist)))).toEqual([
      'verify.bundle',
      'verify.bundle',
    ])
    for (const text of ['x', '{', '{}', '[]'])
      expect(await reasons(utf8(`${JSON.stringify(about(aboutWheel))}\n${text}\n`))).toEqual([
        'verify.bundle',
        'verify.bundle',
      ])
  })

  it('is one object where it is written over several lines', async () => {
    const text = JSON.stringify(about(aboutWheel, aboutSdist), undefined, 2)
    expect(await reasons(utf8(`${text}\n`))).toEqual(['verified', 'verified'])
    expect(await reasons(utf8(`\n${text}`))).toEqual(['verified', 'verified'])
  })

  it('has at most 256 lines', async () => {
    const many = lines(...Array.from({ length: 257 }, () => ({})))
    expect(await judge(many)).toMatchObject([
      { message: expect.stringContaining('257 bundles in one file, at most 256 are allowed') },
      { reason: 'verify.no-seal' },
    ])
  })
})

describe('a managed key', () => {
  it('has no affair with attestations, which are told', async () => {
    const files = wheelWith({ ...pair, '.publish.attestation': good['.publish.attestation'] })
    files.set('key.pem', utf8(publicKeyPem(keys.leaf.spki)))
    const changes = {
      expectation: { kind: 'key', path: 'key.pem' },
      seal: { kind: 'beside', of: 'key' },
    } as const
    const [outcome] = await outcomesOf(files, changes)
    expect(outcome).toMatchObject({
      seal: [`${WHEEL}.sig`],
      notChecked: [`${WHEEL}.publish.attestation`, `${WHEEL}.crt`],
    })
  })
})
