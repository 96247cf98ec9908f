import { createHash, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256, utf8, WheelsealError } from '../../base/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import { artifact, entry, ISSUER, keys, leaf, policy, SAN, signature, signDigestOf } from '../arrange.ts'
import {
  attestation,
  envelopeBundle,
  fileBundle,
  provenance,
  statement,
  wholeRoot,
  type Json,
} from '../attacks/arrange.ts'
import {
  exactly,
  readSealFile,
  verifyDistribution,
  type DistributionRequest,
  type DistributionVerdict,
  type LogAnswer,
  type SealFile,
} from '../index.ts'
import { verifyErrors } from '../errors.ts'

const FILE_NAME = 'demo-1.0-py3-none-any.whl'
const pair: SealParts = { signature, certificate: leaf.der, entries: [] }
const whole: SealParts = { ...pair, entries: [entry] }
const OTHER = 'another wheel'
const [subject] = statement().subject
const aboutOther = {
  name: 'other-1.0.tar.gz',
  digest: { sha256: createHash('sha256').update(OTHER).digest('hex') },
}

const made = (kind: SealFile['kind'], ...seals: readonly SealParts[]): SealFile => ({
  paths: kind === 'pair' ? ['x.sig', 'x.crt'] : [`x.${kind}`],
  kind,
  seals,
  layout: 'one object',
})
const lines = (...seals: readonly SealParts[]): SealFile => ({
  ...made('bundle', ...seals),
  layout: 'one a line',
})
const read = (kind: 'bundle' | 'provenance', ...texts: readonly Json[]): SealFile =>
  readSealFile([`x.${kind}`], { kind, bytes: utf8(texts.map((text) => JSON.stringify(text)).join('\n')) })
const nobody = (): Promise<LogAnswer> => Promise.reject(new Error('a log was asked'))
const logged = (): Promise<LogAnswer> =>
  Promise.resolve({ entries: [entry], askedLog: 'https://rekor.example' })

const judge = (
  sealFiles: readonly SealFile[],
  changes: Partial<DistributionRequest> = {},
): Promise<DistributionVerdict> =>
  verifyDistribution({
    artifact,
    fileName: FILE_NAME,
    expected: { policy },
    trustRoot: wholeRoot,
    sealFiles,
    askLog: nobody,
    ...changes,
  })
const reason = async (
  sealFiles: readonly SealFile[],
  changes: Partial<DistributionRequest> = {},
): Promise<string> => {
  try {
    const { verdict } = (await judge(sealFiles, changes)).decides
    return verdict.verified ? 'verified' : verdict.reason
  } catch (error) {
    if (error instanceof WheelsealError) return error.code
    throw error
  }
}

describe('several seals of one distribution', () => {
  it('must all hold, and the first that is refused decides', async () => {
    const forged = { ...whole, signature: signDigestOf(OTHER) }
    const files = [made('bundle', whole), read('provenance', attestation())]
    const found = await judge(files)
    expect(found.decides.verdict.verified).toBe(true)
    expect(found.decidesIn.file).toBe(files[0])
    expect(found.others.map(({ file }) => file)).toEqual([files[1]])
    expect(await reason([made('bundle', whole, whole)])).toBe('verified')
    expect(await reason([made('bundle', whole, forged)])).toBe('verify.signature')
    const bad = await judge([read('provenance', attestation()), made('bundle', forged)])
    expect(bad.decides.verdict).toMatchObject({ verified: false, reason: 'verify.signature' })
    expect(bad.decidesIn.file.paths).toEqual(['x.bundle'])
  })

  it('count one by one in a provenance object', async () => {
    const { decidesIn } = await judge([read('provenance', provenance(attestation(), attestation()))])
    expect(decidesIn.verdicts).toHaveLength(2)
    const other = attestation(statement({ subject: [aboutOther] }))
    expect(await reason([read('provenance', provenance(attestation(), other))])).toBe('verify.attestation')
  })

  it('are never none', async () => {
    expect(await reason([])).toBe('verify.no-seal')
    expect(await reason([made('bundle')])).toBe('verify.no-seal')
    expect(await reason([made('bundle', whole), made('provenance')])).toBe('verify.no-seal')
  })
})

describe('a seal about another file', () => {
  const ofOther: SealParts = {
    ...whole,
    signature: signDigestOf(OTHER),
    digest: { algorithm: 'sha256', digest: sha256(utf8(OTHER)) },
  }

  it('says nothing where several stand one a line, and refuses where it is alone', async () => {
    expect(await reason([lines(ofOther, whole)])).toBe('verified')
    expect(await reason([made('bundle', ofOther)])).toBe('verify.signature')
    expect(await reason([lines(ofOther, ofOther)])).toBe('verify.no-seal')
  })

  it('is told by the digests of a statement, and refuses as an attestation of one object', async () => {
    const bundle = read('bundle', envelopeBundle(statement({ subject: [aboutOther] })), fileBundle())
    expect(bundle.layout).toBe('one a line')
    expect(await reason([bundle])).toBe('verified')
    expect(await reason([read('bundle', envelopeBundle(statement({ subject: [aboutOther] })))])).toBe(
      'verify.attestation',
    )
  })

  it('is only what says so clearly: a line without a digest must hold', async () => {
    expect(await reason([lines(whole, { ...whole, signature: signDigestOf(OTHER) })])).toBe(
      'verify.signature',
    )
    const unread = { ...whole, envelope: { payload: utf8('no statement'), payloadType: 'x' } }
    expect(await reason([lines(whole, unread)])).not.toBe('verified')
  })

  it('is not one where its digest is not known of the file', async () => {
    const unknown = { ...whole, digest: { algorithm: 'sha512', digest: new Uint8Array(64) } } as const
    expect(await reason([lines(whole, unknown)])).toBe('verify.signature')
  })
})

describe('a pair', () => {
  it('alone is what a log is asked for, and the answer stands in for the entry', async () => {
    const { decides } = await judge([made('pair', pair)], { askLog: logged })
    expect(decides).toMatchObject({ verdict: { verified: true }, askedLog: 'https://rekor.example' })
    expect(decides.askedSeal?.entries).toEqual([entry])
  })

  it('alone is refused for what the log said, unless something else is wrong with it', async () => {
    const refusal = verifyErrors('verify.policy-file', 'made up')
    const askLog = (): Promise<LogAnswer> => Promise.resolve({ entries: [], refusal })
    const good = await judge([made('pair', pair)], { askLog })
    expect(good.decides).toMatchObject({ verdict: { verified: false }, noEntry: refusal })
    const forged = { ...pair, signature: signDigestOf(OTHER) }
    const { decides } = await judge([made('pair', forged)], { askLog })
    expect(decides.verdict).toMatchObject({ reason: 'verify.signature' })
    expect(decides).not.toHaveProperty('noEntry')
  })

  it('beside a bundle is nothing new where it is the same signature, and no log is asked', async () => {
    const found = await judge([made('bundle', whole), made('pair', pair)])
    expect(found.decides.verdict.verified).toBe(true)
    expect(found.others.map(({ verdicts }) => verdicts)).toEqual([[]])
    expect(found.notChecked).toEqual([])
  })

  it('beside a bundle is not checked where it is another good signature', async () => {
    const beside = made('pair', { ...pair, signature: signDigestOf('the bytes of a wheel') })
    const found = await judge([made('bundle', whole), beside])
    expect(found.decides.verdict.verified).toBe(true)
    expect(found.notChecked).toEqual([beside])
  })

  it('beside a bundle refuses where it is no signature of the file, or may be none', async () => {
    const ofOther = { ...pair, signature: signDigestOf(OTHER) }
    expect(await reason([made('bundle', whole), made('pair', ofOther)])).toBe('verify.signature')
    expect(
      await reason([made('bundle', whole), made('pair', { ...pair, certificate: new Uint8Array(1) })]),
    ).toBe('verify.certificate')
    const unknown = { ...pair, signature: signDigestOf('the bytes of a wheel') }
    const undecided = { ...unknown, digest: { algorithm: 'sha512', digest: new Uint8Array(64) } } as const
    expect(await reason([made('bundle', whole), made('pair', undecided)])).toBe('verify.logged')
  })

  it('beside a line about another file is not the same as that', async () => {
    const ofOther: SealParts = {
      ...whole,
      signature: signDigestOf(OTHER),
      digest: { algorithm: 'sha256', digest: sha256(utf8(OTHER)) },
    }
    const beside = made('pair', { ...pair, signature: ofOther.signature })
    expect(await reason([lines(whole, ofOther), beside])).toBe('verify.signature')
  })
})

describe('a file that cannot be read', () => {
  it('refuses, whatever stands beside it', async () => {
    const unreadable: SealFile = { ...made('bundle'), unreadable: '[' }
    expect(await reason([unreadable])).toBe('verify.bundle')
    expect(await reason([made('bundle', whole), { ...unreadable, kind: 'provenance' }])).toBe('verify.bundle')
    expect(await reason([read('bundle', fileBundle(), { mediaType: 'x' })])).toBe('verify.bundle')
  })

  it('is never verified by what stands in it before the part that was not understood', async () => {
    expect(await reason([{ ...made('bundle', whole), unreadable: '' }])).toBe('verify.bundle')
  })
})

describe('what is expected', () => {
  const requiring = (
    ...requires: readonly ('attestation' | 'timestamp')[]
  ): Partial<DistributionRequest> => ({
    expected: { policy: { ...policy, requires } },
  })

  it('of the policy one of the seals must have', async () => {
    const both = [made('bundle', whole), read('provenance', attestation())]
    expect(await reason(both, requiring('attestation'))).toBe('verified')
    expect(await reason([made('bundle', whole)], requiring('attestation'))).toBe('verify.policy')
    expect(await reason(both, requiring('timestamp'))).toBe('verify.policy')
  })

  it('is not made up for by another seal where more is wrong than that', async () => {
    const forged = { ...whole, signature: signDigestOf(OTHER) }
    const both = [made('bundle', forged), read('provenance', attestation())]
    expect(await reason(both, requiring('attestation'))).toBe('verify.signature')
  })

  it('is not made up for where what else there is to check is undecided', async () => {
    const digest = { algorithm: 'sha512', digest: new Uint8Array(64) } as const
    const both = [made('bundle', { ...whole, digest }), read('provenance', attestation())]
    expect(await reason(both, requiring('attestation'))).toBe('verify.policy')
  })

  it('is the name of the file where PEP 740 or the policy binds it, and the digest alone elsewhere', async () => {
    const renamed = statement({ subject: [{ ...subject, name: 'demo-2.0-py3-none-any.whl' }] })
    const bundle = read('bundle', envelopeBundle(renamed))
    expect(await reason([bundle])).toBe('verified')
    expect(await reason([bundle], requiring('attestation'))).toBe('verify.attestation')
    expect(await reason([read('provenance', attestation(renamed))])).toBe('verify.attestation')
  })

  it('is a key, of which no certificate is taken', async () => {
    const { certificate: _certificate, ...keyed } = whole
    const key = keys.leaf.spki
    expect(await reason([made('bundle', whole)], { expected: { key } })).toBe('verify.key')
    expect(await reason([made('bundle', keyed)])).toBe('verify.key')
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const spki = new Uint8Array(other.export({ type: 'spki', format: 'der' }))
    expect(await reason([made('bundle', keyed)], { expected: { key: spki } })).toBe('verify.signature')
  })

  it('is an identity, and that of another refuses', async () => {
    const expected = { policy: { anyOf: [{ san: exactly(`${SAN}x`), issuer: exactly(ISSUER) }] } }
    expect(await reason([made('bundle', whole)], { expected })).toBe('verify.identity')
  })
})
