import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeBase64, encodeBase64, encodeHex, utf8, utf8Decode, type JsonValue } from '../../base/index.ts'
import { leafHash, verifyInclusion } from '../merkle/index.ts'
import { verifyCheckpoint } from '../note/index.ts'
import { certificatePem, verifyWithSpki } from '../x509/index.ts'
import {
  dsseBody,
  hashedRekordBody,
  parseDsseProposal,
  readHashedRekordBody,
  setSignedBytes,
} from './index.ts'

/** Bundles of public Sigstore, which lie beside the repository and are read in place. */
const cases = join(import.meta.dirname, '../../../../shared/cases')
const bundles = globSync('sigstore-conformance/bundle-verify/*/bundle.sigstore.json', { cwd: cases })

interface Entry {
  readonly kindVersion: { readonly kind: string; readonly version: string }
  readonly logIndex: string
  readonly logId: { readonly keyId: string }
  readonly integratedTime: string
  readonly canonicalizedBody: string
  readonly inclusionPromise: { readonly signedEntryTimestamp: string }
  readonly inclusionProof?: {
    readonly logIndex: string
    readonly treeSize: string
    readonly rootHash: string
    readonly hashes: readonly string[]
    readonly checkpoint: { readonly envelope: string }
  }
}
interface DsseBundle {
  readonly dsseEnvelope: JsonValue
  readonly verificationMaterial: { readonly certificate: { readonly rawBytes: string } }
}
interface TrustedRoot {
  readonly tlogs: readonly {
    readonly baseUrl: string
    readonly publicKey: { readonly rawBytes: string }
    readonly logId: { readonly keyId: string }
  }[]
}

function readJson(...path: string[]): unknown {
  return JSON.parse(readFileSync(join(cases, ...path), 'utf8'))
}

function readEntries(file: string): Entry[] {
  const bundle = readJson(file) as { verificationMaterial: { tlogEntries: Entry[] } }
  return bundle.verificationMaterial.tlogEntries
}

function trustedLogs(file: string): TrustedRoot['tlogs'] {
  const own = join(dirname(file), 'trusted_root.json')
  const path = existsSync(join(cases, own)) ? own : 'trusted-roots/production.json'
  return (readJson(path) as TrustedRoot).tlogs
}

const known = bundles
  .filter((file) => !dirname(file).endsWith('_fail'))
  .flatMap((file) => readEntries(file).map((entry) => ({ file, entry })))
  .filter(({ entry }) => entry.kindVersion.version === '0.0.1' || entry.kindVersion.kind === 'intoto')
  .map(({ file, entry }) => ({ name: dirname(file).split('/').at(-1)!, file, entry }))

if (known.length === 0) {
  const message = `SKIPPED: no bundles of public Sigstore in ${cases}`
  if (process.env['CI'] === 'true') throw new Error(message)
  console.warn(message)
}

describe.runIf(known.length > 0)('entries of public Sigstore', () => {
  it('are many enough to mean something', () => {
    expect(known.length).toBeGreaterThanOrEqual(8)
  })

  it.each(known)('$name: inclusion, checkpoint and SET are recomputed', ({ file, entry }) => {
    const log = trustedLogs(file).find(({ logId }) => logId.keyId === entry.logId.keyId)!
    const spki = decodeBase64(log.publicKey.rawBytes)
    const set = setSignedBytes({
      body: entry.canonicalizedBody,
      integratedTime: Number(entry.integratedTime),
      logId: encodeHex(decodeBase64(entry.logId.keyId)),
      logIndex: Number(entry.logIndex),
    })
    expect(verifyWithSpki(spki, set, decodeBase64(entry.inclusionPromise.signedEntryTimestamp))).toBe(true)
    if (entry.inclusionProof === undefined) return
    const { checkpoint, ...proof } = entry.inclusionProof
    const name = new URL(log.baseUrl).host
    const head = verifyCheckpoint({ note: checkpoint.envelope, names: [name], spki })
    expect({ size: String(head.size), root: encodeBase64(head.root) }).toEqual({
      size: proof.treeSize,
      root: proof.rootHash,
    })
    const claim = {
      leafHash: leafHash(decodeBase64(entry.canonicalizedBody)),
      index: Number(proof.logIndex),
      size: head.size,
      proof: proof.hashes.map(decodeBase64),
      root: head.root,
    }
    expect(verifyInclusion(claim)).toBe(true)
  })

  it.each(known.filter(({ entry }) => entry.kindVersion.kind === 'hashedrekord'))(
    '$name: our canonical body is that of the stock log, byte for byte',
    ({ entry }) => {
      const body = decodeBase64(entry.canonicalizedBody)
      expect(utf8Decode(hashedRekordBody(readHashedRekordBody(body)))).toBe(utf8Decode(body))
    },
  )

  it.each(known.filter(({ entry }) => entry.kindVersion.kind === 'dsse'))(
    '$name: so is that of an envelope, but for the hash of its text, which no bundle keeps',
    ({ file, entry }) => {
      const { dsseEnvelope, verificationMaterial } = readJson(file) as DsseBundle
      const publicKeyPem = certificatePem(decodeBase64(verificationMaterial.certificate.rawBytes))
      const proposedContent = {
        envelope: JSON.stringify(dsseEnvelope),
        verifiers: [encodeBase64(utf8(publicKeyPem))],
      }
      const proposal = parseDsseProposal({ apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } })
      const ours = dsseBody(proposal, [{ signature: proposal.signatures[0]!, publicKeyPem }])
      const withoutHash = (body: Uint8Array): string =>
        utf8Decode(body).replace(/("envelopeHash":[^}]*"value":)"[0-9a-f]{64}"/, '$1""')
      expect(withoutHash(ours)).toBe(withoutHash(decodeBase64(entry.canonicalizedBody)))
    },
  )
})
