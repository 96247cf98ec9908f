import { hash, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64, sha256Hex, utf8 } from '../base/index.ts'
import {
  dsseBody,
  dsseSignedBytes,
  formatAttestation,
  formatBundle,
  hashedRekordBody,
  IN_TOTO,
  sealedEnvelope,
} from '../formats/sigstore/index.ts'
import { certificatePem } from '../formats/x509/index.ts'
import { bytesOf, makeSeal, type MadeSeal } from '../registry/seals/arrange.ts'
import { keys, makeEntry, makeLeaf, newKey, NOW, SAN, trustRoot } from '../verify/arrange.ts'
import { verifyErrors, type LogAnswer } from '../verify/index.ts'
import { judgeSeals, sealStateOf, type JudgedSeal, type SealQuestion } from './judge-seals.ts'
import type { StoredSeal } from './store.ts'

const WHEEL = 'demo-1.0-py3-none-any.whl'
const SHA256 = sha256Hex(bytesOf(WHEEL))
const own = makeSeal()

function stored(kind: StoredSeal['kind'], text: string): StoredSeal {
  const bytes = utf8(text)
  return {
    upstream: 'u1',
    fileSha256: SHA256,
    sha256: sha256Hex(bytes),
    kind,
    source: 'https://pypi.example/x',
    bytes,
    seenAtMs: 0,
  }
}

function provenance(...attestations: readonly string[]): StoredSeal {
  const list = attestations.map((one) => JSON.parse(one) as unknown)
  const object = { version: 1, attestation_bundles: [{ publisher: { kind: 'x' }, attestations: list }] }
  return stored('provenance', JSON.stringify(object))
}

function pair({ sig, crt }: Pick<MadeSeal, 'sig' | 'crt'>): StoredSeal {
  return stored('pair', JSON.stringify({ certificate: btoa(crt), signature: btoa(sig) }))
}

const asked: string[] = []
const question = (seals: readonly StoredSeal[], changes: Partial<SealQuestion> = {}): SealQuestion => ({
  file: { fileName: WHEEL, sha256: SHA256 },
  seals,
  trustRoot,
  askLog: async ({ signature }) => {
    asked.push(encodeBase64(signature))
    return { entries: [own.entry] }
  },
  ...changes,
})

async function judge(seal: StoredSeal, changes: Partial<SealQuestion> = {}): Promise<JudgedSeal> {
  const [judged] = await judgeSeals(question([seal], changes))
  return judged!
}

async function shortly(seal: StoredSeal, changes: Partial<SealQuestion> = {}): Promise<readonly string[]> {
  const { verdicts } = await judge(seal, changes)
  return verdicts.map((one) => (one.holds ? 'holds' : one.code))
}

describe('a seal', () => {
  it('of PEP 740 holds for whoever signed, with all that is known of them', async () => {
    const { verdicts } = await judge(provenance(own.attestation))
    expect(verdicts).toMatchObject([
      {
        holds: true,
        identity: { san: SAN, extensions: { sourceRepositoryIdentifier: '20' } },
        has: { bundle: true, attestation: true, timestamp: false },
        signedAtMs: (NOW + 5) * 1000,
        logIndex: 102,
      },
    ])
  })

  it('of PEP 740 does not hold for a file of another name', async () => {
    const file = { fileName: 'demo-1.0-py2-none-any.whl', sha256: SHA256 }
    expect(await shortly(provenance(own.attestation), { file })).toEqual(['verify.attestation'])
  })

  it('does not hold for other bytes', async () => {
    const file = { fileName: WHEEL, sha256: sha256Hex(utf8('other')) }
    expect(await shortly(provenance(own.attestation), { file })).toEqual(['verify.attestation'])
    expect(await shortly(stored('bundle', own.bundle), { file })).toEqual(['verify.signature'])
  })

  it('does not hold for another trust root', async () => {
    const stranger = { ...trustRoot, certificateAuthorities: [] }
    expect(await shortly(provenance(own.attestation), { trustRoot: stranger })).toEqual(['verify.chain'])
  })

  it('holds as a bundle', async () => {
    expect(await shortly(stored('bundle', own.bundle))).toEqual(['holds'])
  })

  it('is found among bundles of other files, one a line', async () => {
    const other = makeSeal({ content: 'another file' }).bundle
    expect(await shortly(stored('bundle', `${other}\n${own.bundle}\n`))).toEqual(['holds'])
    expect(await shortly(stored('bundle', `${other}\n${other}\n`))).toEqual(['verify.no-seal'])
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '\u0000{'],
    ['no object', '[]'],
    ['an empty object', '{}'],
    ['no attestation', '{"version":1,"attestation_bundles":[]}'],
    ['a deep text', '['.repeat(100_000)],
  ])('that is %s does not hold, and nothing is thrown', async (_, text) => {
    for (const kind of ['provenance', 'bundle', 'pair'] as const) {
      const { verdicts } = await judge(stored(kind, text))
      expect(verdicts).toMatchObject([
        { holds: false, code: expect.stringMatching(/^verify\.(bundle|no-seal)$/) },
      ])
    }
  })

  it('is judged for at most eight attestations of an object', async () => {
    const all = await shortly(provenance(...Array.from({ length: 10 }, () => own.attestation)))
    expect(all).toEqual([...Array.from({ length: 8 }, () => 'holds'), 'verify.bundle'])
  })

  it('holds beside one that does not', async () => {
    const wrong = makeSeal({ content: 'another file' }).attestation
    expect(await shortly(provenance(wrong, own.attestation))).toEqual(['verify.attestation', 'holds'])
  })
})

describe('a pair', () => {
  it('holds with the entry that a log has', async () => {
    expect(await shortly(pair(own))).toEqual(['holds'])
  })

  it('does not hold without one', async () => {
    const askLog = async (): Promise<LogAnswer> => ({ entries: [] })
    const { verdicts, unreachable } = await judge(pair(own), { askLog })
    expect(verdicts).toMatchObject([{ holds: false, code: 'verify.logged' }])
    expect(unreachable).toBeUndefined()
  })

  it.each([
    [
      'says that it does not answer',
      async () => ({ entries: [], refusal: verifyErrors('verify.logged', 'no answer') }),
    ],
    ['does not answer', async () => Promise.reject(verifyErrors('verify.logged', 'no answer'))],
  ])('is not known where the log %s', async (_, askLog: SealQuestion['askLog']) => {
    const judged = await judge(pair(own), { askLog })
    expect(judged.unreachable).toBe('no answer')
    expect(sealStateOf([judged])).toMatchObject({ kind: 'unreachable', fact: 'no answer' })
  })

  it('that is no signature of the file is refused, and no log is asked', async () => {
    asked.length = 0
    expect(await shortly(pair(makeSeal({ content: 'another file' })))).toEqual(['verify.signature'])
    expect(asked).toEqual([])
  })
})

describe('a seal of a key that signs more than SHA-256', () => {
  const { key, spki } = newKey('P-384')
  const bytes = bytesOf(WHEEL)
  const certificate = makeLeaf({ spki })
  const signature = new Uint8Array(sign('sha384', bytes, key))
  const publicKeyPem = certificatePem(certificate.der)
  const digest = new Uint8Array(hash('sha384', bytes, 'buffer'))
  const body = hashedRekordBody({ algorithm: 'sha384', digest, signature, publicKeyPem })
  const entry = makeEntry({ body, certificate })
  const text = JSON.stringify(
    formatBundle({
      certificate: certificate.der,
      signature,
      digest: { algorithm: 'sha384', digest },
      entries: [{ ...entry, kindVersion: 'hashedrekord 0.0.1' }],
    }),
  )

  it('does not hold by the SHA-256, and says what it needs', async () => {
    const { verdicts, needs } = await judge(stored('bundle', text))
    expect(verdicts).toMatchObject([{ holds: false, code: 'verify.signature' }])
    expect([...(needs?.algorithms ?? [])]).toContain('sha384')
  })

  it('is judged with the whole file', async () => {
    const { verdicts, needs } = await judge(stored('bundle', text), { known: { bytes } })
    expect(needs).toBeUndefined()
    expect(verdicts).toMatchObject([{ holds: true }])
  })
})

describe('an attestation', () => {
  it.each(['P-384', 'P-521'] as const)(
    'by a key of %s is judged by the SHA-256 that it names',
    async (curve) => {
      const { key, spki } = newKey(curve)
      const certificate = makeLeaf({ spki })
      const subject = [{ name: WHEEL, digest: { sha256: SHA256 } }]
      const type = 'https://docs.pypi.org/attestations/publish/v1'
      const statement = {
        _type: 'https://in-toto.io/Statement/v1',
        subject,
        predicateType: type,
        predicate: null,
      }
      const envelope = { payload: utf8(JSON.stringify(statement)), payloadType: IN_TOTO }
      const algorithm = curve === 'P-384' ? 'sha384' : 'sha512'
      const signature = new Uint8Array(sign(algorithm, dsseSignedBytes(envelope), key))
      const one = { signature, publicKeyPem: certificatePem(certificate.der) }
      const entry = makeEntry({ body: dsseBody(sealedEnvelope(envelope, one), [one]), certificate })
      const entries = [{ ...entry, kindVersion: 'dsse 0.0.1' }] as const
      const made = formatAttestation({ certificate: certificate.der, envelope, signature, entries })
      const { verdicts, needs } = await judge(provenance(JSON.stringify(made)))
      expect([verdicts, needs]).toMatchObject([[{ holds: true }], undefined])
    },
  )
})

describe('an attestation with a second digest', () => {
  it('is not believed before that is known', async () => {
    const payload = utf8(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: WHEEL, digest: { sha256: SHA256, sha512: 'ab'.repeat(64) } }],
        predicateType: 'https://docs.pypi.org/attestations/publish/v1',
        predicate: null,
      }),
    )
    const envelope = { payload, payloadType: IN_TOTO }
    const certificate = makeLeaf()
    const signature = new Uint8Array(sign('sha256', dsseSignedBytes(envelope), keys.leaf.key))
    const one = { signature, publicKeyPem: certificatePem(certificate.der) }
    const entry = makeEntry({ body: dsseBody(sealedEnvelope(envelope, one), [one]), certificate })
    const made = formatAttestation({
      certificate: certificate.der,
      envelope,
      signature,
      entries: [{ ...entry, kindVersion: 'dsse 0.0.1' }],
    })
    const seal = provenance(JSON.stringify(made))
    expect((await judge(seal)).needs?.algorithms.has('sha512')).toBe(true)
    expect(await shortly(seal, { known: { bytes: bytesOf(WHEEL) } })).toEqual(['verify.attestation'])
  })
})

describe('all seals of a file', () => {
  it('are given with those that hold first', async () => {
    const seals = [provenance(makeSeal({ content: 'x' }).attestation), provenance(own.attestation)]
    const state = sealStateOf(await judgeSeals(question(seals)))
    expect(state).toMatchObject({ kind: 'judged', verdicts: [{ holds: true }, { holds: false }] })
  })

  it('are none where there are none', () => {
    expect(sealStateOf([])).toEqual({ kind: 'unsigned' })
  })
})
