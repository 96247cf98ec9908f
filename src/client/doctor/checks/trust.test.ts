import { encodeHex, sha256 } from '../../../base/index.ts'
import {
  consistencyProof,
  leafHash,
  nodeHash,
  treeRoot,
  type NodeReader,
} from '../../../formats/merkle/index.ts'
import { signCheckpoint } from '../../../formats/note/index.ts'
import { certificatePem, publicKeyPem } from '../../../formats/x509/index.ts'
import { intermediate, keys, LOG_NAME, newKey, NOW, root, trustRoot } from '../../../verify/arrange.ts'
import type { TrustRoot } from '../../../verify/index.ts'
import { describe, expect, it } from 'vitest'
import { FOLDER, look, SEAL_URL, shortly, signingBy, type Machine, type Replies } from '../arrange.ts'
import type { DoctorIo } from '../io.ts'
import { keysCheck } from './keys.ts'
import { logCheck } from './log.ts'
import { trustRootCheck } from './trust-root.ts'

const DAY = 86_400

/** Of a file, which is an hour old. */
function ofFile(trust: TrustRoot, io: Partial<DoctorIo> = {}): Machine {
  const choice = async () => ({
    trust: { kind: 'file', path: '/root.json' } as const,
    origins: [{ name: 'trusted-root', value: '/root.json', from: '/p/wheelseal.toml' }],
  })
  const { choices } = signingBy(SEAL_URL, SEAL_URL) as Required<Pick<DoctorIo, 'choices'>>
  return { trust, places: { '/root.json': FOLDER }, io: { choices: { ...choices, trust: choice }, ...io } }
}

const [authority] = trustRoot.certificateAuthorities as [TrustRoot['certificateAuthorities'][number]]
const [log] = trustRoot.logs as [TrustRoot['logs'][number]]
const until = (days: number) => ({ endSeconds: NOW + days * DAY })

describe('the check of the trust root', () => {
  it('says which file it is, how old, and until when it counts', async () => {
    const [finding] = await look(trustRootCheck, ofFile(trustRoot))
    expect(finding?.fact).toBe('trust root: trusted-root /root.json (/p/wheelseal.toml)')
    expect(finding?.details?.slice(0, 3)).toEqual([
      'written 1 h ago',
      expect.stringMatching(/^certificate authority: 1, until 20\d\d-/),
      'key of a log: 1, without end',
    ])
  })

  it.each<[string, Partial<TrustRoot>, readonly string[]]>([
    ['has no log', { logs: [] }, ['failed the trust root has no key of a log (tlogs)']],
    [
      'has nothing',
      { logs: [], ctLogs: [], certificateAuthorities: [] },
      ['certificate authority', 'key of a log (tlogs)', 'key of a certificate log (ctlogs)'].map(
        (what) => `failed the trust root has no ${what}`,
      ),
    ],
    [
      'has an authority that has ended',
      { certificateAuthorities: [{ ...authority, validity: until(-1) }] },
      ['failed the trust root has expired: the last certificate authority ended at 2030-03-16T17:46:40Z'],
    ],
    [
      'has a log that has ended',
      { logs: [{ ...log, validity: until(-1) }] },
      ['failed the trust root has expired: the last key of a log ended at 2030-03-16T17:46:40Z'],
    ],
    [
      'has a log that ends in a week',
      { logs: [{ ...log, validity: until(7) }] },
      ['warning the trust root expires soon: the last key of a log ends at 2030-03-24T17:46:40Z'],
    ],
    [
      'has a log that ends, and its successor',
      {
        logs: [
          { ...log, validity: until(-1) },
          { ...log, validity: until(90) },
        ],
      },
      ['ok trust root: trusted-root /root.json (/p/wheelseal.toml)'],
    ],
  ])('that %s', async (_what, changes, expected) => {
    expect(await shortly(trustRootCheck, ofFile({ ...trustRoot, ...changes }))).toEqual(expected)
  })

  it('names a repository that stands still', async () => {
    const url = `${SEAL_URL}/tuf`
    const timestamp = { signed: { _type: 'timestamp', version: 1, expires: '2030-03-17T00:00:00Z' } }
    const trust = async () => ({
      trust: { kind: 'tuf', url, root: { kind: 'digest', sha256: 'a'.repeat(64) } } as const,
      origins: [],
    })
    const { choices } = signingBy(SEAL_URL, SEAL_URL) as Required<Pick<DoctorIo, 'choices'>>
    const machine = {
      replies: { [`${url}/timestamp.json`]: { body: JSON.stringify(timestamp) } },
      io: { choices: { ...choices, trust } },
    }
    expect(await shortly(trustRootCheck, machine)).toEqual([
      `failed the timestamp of the TUF repository ${url} expired at 2030-03-17T00:00:00Z`,
    ])
  })
})

const CONFIGURATION = { [`${SEAL_URL}/api/v2/configuration`]: {} }
const bundle = (...certificates: readonly Uint8Array[]): Replies => ({
  ...CONFIGURATION,
  [`${SEAL_URL}/api/v2/trustBundle`]: {
    body: JSON.stringify({ chains: [{ certificates: certificates.map(certificatePem) }] }),
  },
})

describe('the check of keys', () => {
  const LOG = { [`${SEAL_URL}/api/v1/log`]: {} }
  const ofLog = (pem: string): Replies => ({ ...LOG, [`${SEAL_URL}/api/v1/log/publicKey`]: { body: pem } })

  it.each<[string, Replies, string]>([
    [
      'an authority of the trust root',
      bundle(intermediate.der, root.der),
      'ok the certificate authority (Fulcio) https://seal.example has a key of the trust root',
    ],
    [
      'an authority with another root',
      bundle(intermediate.der),
      'failed the certificate authority (Fulcio) https://seal.example has a key that is not in the trust root',
    ],
    [
      'an authority that does not tell',
      CONFIGURATION,
      'warning the certificate authority (Fulcio) https://seal.example does not say which key it has',
    ],
    [
      'a log of the trust root',
      ofLog(publicKeyPem(log.spki)),
      'ok the log (Rekor) https://seal.example has a key of the trust root',
    ],
    [
      'a log with another key',
      ofLog(publicKeyPem(newKey().spki)),
      'failed the log (Rekor) https://seal.example has a key that is not in the trust root',
    ],
    [
      'a log that answers with a page',
      ofLog('<html>'),
      'warning the log (Rekor) https://seal.example does not say which key it has',
    ],
    ['nothing', {}, 'skipped no service that signs was reached'],
  ])('with %s', async (_what, replies, expected) => {
    const [found] = await shortly(keysCheck, { ...ofFile(trustRoot), replies })
    expect(found).toContain(expected)
  })
})

describe('the check of the log', () => {
  const leaves = Array.from({ length: 7 }, (_each, index) => leafHash(Uint8Array.of(index)))
  const nodes: NodeReader = async (level, index) => {
    if (level === 0) return leaves[index] ?? Promise.reject(new Error('no such leaf'))
    return nodeHash(await nodes(level - 1, index * 2), await nodes(level - 1, index * 2 + 1))
  }
  const [TREE, KEY] = ['42', encodeHex(sha256(log.spki))]

  async function head(size: number, key = keys.log): Promise<Replies> {
    const note = signCheckpoint(
      { origin: `${LOG_NAME} - ${TREE}`, size, root: await treeRoot(nodes, size) },
      { name: LOG_NAME, key: key.key },
    )
    return {
      [`${SEAL_URL}/api/v1/log`]: {
        body: JSON.stringify({ signedTreeHead: note, treeID: TREE, treeSize: size }),
      },
    }
  }

  async function seen(
    size: number,
    replies: Replies,
    rootOf = size,
  ): Promise<readonly [string | undefined, readonly number[]]> {
    const kept: number[] = []
    const heads: DoctorIo['heads'] = {
      newest: async (name) => {
        expect(name).toBe(`${KEY}-${TREE}`)
        return size === 0 ? undefined : { size, root: await treeRoot(nodes, rootOf) }
      },
      keep: async (_name, one) => void kept.push(one.size),
    }
    const [found] = await shortly(logCheck, { ...ofFile(trustRoot, { heads }), replies })
    return [found, kept]
  }

  const proof = async (first: number, second: number, hashes = true): Promise<Replies> => ({
    [`${SEAL_URL}/api/v1/log/proof?firstSize=${first}&lastSize=${second}&treeID=${TREE}`]: {
      body: JSON.stringify({
        rootHash: '',
        hashes: hashes ? (await consistencyProof(nodes, { first, second })).map(encodeHex) : [],
      }),
    },
  })

  it('keeps the first head, and each that continues it', async () => {
    expect(await seen(0, await head(3))).toEqual([
      `ok the log ${SEAL_URL} has 3 entries, and is seen for the first time`,
      [3],
    ])
    expect(await seen(3, { ...(await head(7)), ...(await proof(3, 7)) })).toEqual([
      `ok the log ${SEAL_URL} has 7 entries, and contains the 3 entries seen before`,
      [7],
    ])
    expect(await seen(3, await head(3))).toEqual([
      `ok the log ${SEAL_URL} has 3 entries, and contains the 3 entries seen before`,
      [],
    ])
  })

  it('fails for a log that goes on differently, is smaller, or does not prove itself, and keeps what it has seen', async () => {
    const forked = (size: number, before: number): string =>
      `failed the log ${SEAL_URL} has ${size} entries that do not continue the ${before} entries seen before`
    expect(await seen(3, { ...(await head(7)), ...(await proof(3, 7, false)) })).toEqual([forked(7, 3), []])
    expect(await seen(3, await head(3), 2)).toEqual([forked(3, 3), []])
    expect(await seen(7, { ...(await head(3)), ...(await proof(3, 7, false)) })).toEqual([forked(3, 7), []])
    const unknown = `${SEAL_URL}/api/v1/log/proof?firstSize=3&lastSize=7&treeID=${TREE}`
    expect(await seen(7, { ...(await head(3)), [unknown]: { status: 400 } })).toEqual([forked(3, 7), []])
    const silent = `${SEAL_URL}/api/v1/log/proof?firstSize=3&lastSize=7&treeID=${TREE}`
    expect((await seen(3, { ...(await head(7)), [silent]: { status: 404 } }))[0]).toContain('does not prove')
  })

  it('takes the older head of a replica', async () => {
    expect(await seen(7, { ...(await head(3)), ...(await proof(3, 7)) })).toEqual([
      `ok the log ${SEAL_URL} has 3 entries, and is an older state of the 7 entries seen before`,
      [],
    ])
  })

  it('warns where heads cannot be kept', async () => {
    const newest = () => Promise.reject(new Error('EACCES'))
    const heads = { newest, keep: async () => undefined }
    const [found] = await shortly(logCheck, { ...ofFile(trustRoot, { heads }), replies: await head(3) })
    expect(found).toBe('warning the heads of logs cannot be kept, so that a fork goes unnoticed: EACCES')
  })

  it('fails for a head that the trust root does not know, and for what is no head', async () => {
    expect((await seen(0, await head(3, newKey())))[0]).toContain('is not signed by a log of the trust root')
    expect((await seen(0, { [`${SEAL_URL}/api/v1/log`]: { body: '{}' } }))[0]).toContain(
      'does not answer with a signed head',
    )
    expect((await seen(0, {}))[0]).toBe('skipped no log was reached')
  })
})
