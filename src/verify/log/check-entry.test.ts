import { describe, expect, it } from 'vitest'
import { sha256, utf8 } from '../../base/index.ts'
import { hashedRekordBody, readHashedRekordBody } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import {
  entry,
  keys,
  LOG_NAME,
  makeEntry,
  makeLeaf,
  NOW,
  signDigestOf,
  withSeal,
  withEntry,
  withProof,
  request,
  trustRoot,
  logKey,
  outcomes,
  refused,
  refusedOnly,
} from '../arrange.ts'
import { verifySeal, type VerifyRequest } from '../index.ts'

describe('attacks on the log', () => {
  it('7: refuses a seal without an entry, and one with too many', () => {
    refused(withSeal({ entries: [] }), 'logged')
    refused(withSeal({ entries: Array.from({ length: 33 }, () => entry) }), 'logged')
  })

  it('8, 17: refuses a time outside of the certificate, ends included', () => {
    const at = (integratedTimeSeconds: number): VerifyRequest =>
      withSeal({ entries: [makeEntry({ integratedTimeSeconds })] })
    expect(verifySeal(at(NOW)).verified).toBe(true)
    expect(verifySeal(at(NOW + 600)).verified).toBe(true)
    refusedOnly(at(NOW - 1), 'time')
    refusedOnly(at(NOW + 601), 'time')
    refusedOnly(at(NOW + 10 * 31_557_600), 'time')
  })

  it('8: refuses a time that the log did not promise', () => {
    refusedOnly(withEntry({ integratedTimeSeconds: NOW + 6 }), 'set')
  })

  it('10: refuses an entry of an unknown log, also under the id of a known one', () => {
    const log = keys.stranger
    expect(outcomes(withSeal({ entries: [makeEntry({ log })] }))).toMatchObject({
      checkpoint: 'failed',
      set: 'failed',
    })
    const forged = { ...makeEntry({ log }), logId: entry.logId }
    expect(outcomes(withSeal({ entries: [forged] }))).toMatchObject({ checkpoint: 'failed', set: 'failed' })
  })

  it('10: refuses a checkpoint of another log, another name, another key hint, another tree', () => {
    const other = makeEntry({ log: keys.stranger }).inclusionProof.checkpoint
    refusedOnly(withProof({ checkpoint: other }), 'checkpoint')
    const { checkpoint } = makeEntry({ logName: 'other.example' }).inclusionProof
    const named = { ...trustRoot, logs: [{ ...logKey(keys.log), names: [LOG_NAME] }] }
    expect(verifySeal({ ...request, trustRoot: named }).verified).toBe(true)
    refusedOnly({ ...withProof({ checkpoint }), trustRoot: named }, 'checkpoint')
    const [text, blob] = entry.inclusionProof.checkpoint.split(`${LOG_NAME} `).slice(-2)
    expect(text).toContain('—')
    const bytes = Buffer.from(blob!, 'base64')
    bytes[0]! ^= 1
    const badHint = entry.inclusionProof.checkpoint.replace(blob!.trim(), bytes.toString('base64'))
    refusedOnly(withProof({ checkpoint: badHint }), 'checkpoint')
    const { checkpoint: ofOtherTree } = makeEntry({ body: utf8('another body') }).inclusionProof
    refusedOnly(withProof({ checkpoint: ofOtherTree }), 'checkpoint')
    refusedOnly(withProof({ checkpoint: '' }), 'checkpoint')
  })

  it('10: refuses a checkpoint with a cosignature only', () => {
    const { checkpoint } = entry.inclusionProof
    const cosigned = makeEntry({ log: keys.stranger, logName: 'witness.example' }).inclusionProof.checkpoint
    const [body] = checkpoint.split('\n\n')
    const [, witness] = cosigned.split('\n\n')
    refusedOnly(withProof({ checkpoint: `${body}\n\n${witness}` }), 'checkpoint')
  })

  it.each([
    ['another leaf', { hashes: [sha256(utf8('other'))] }],
    ['no hashes', { hashes: [] }],
    ['one hash too many', { hashes: [...entry.inclusionProof.hashes, sha256(utf8('more'))] }],
    ['another index', { logIndex: 1 }],
    ['a negative index', { logIndex: -1 }],
    ['a huge index', { logIndex: 2 ** 53 }],
    ['a fraction as index', { logIndex: 1.5 }],
    ['an index beyond the tree', { logIndex: 3 }],
  ])('11: refuses a proof with %s', (_what, changes) => {
    refusedOnly(withProof(changes), 'inclusion')
  })

  it('11: refuses another root or size than the checkpoint has', () => {
    expect(outcomes(withProof({ rootHash: sha256(utf8('root')) }))).toMatchObject({
      inclusion: 'failed',
      checkpoint: 'failed',
    })
    expect(outcomes(withProof({ treeSize: 4 }))).toMatchObject({ checkpoint: 'failed' })
  })

  it('12: refuses an entry about another digest, signature or certificate', () => {
    const record = readHashedRekordBody(entry.body)
    for (const changes of [
      { digest: sha256(utf8('other')) },
      { signature: signDigestOf('the bytes of a wheel') },
      { publicKeyPem: certificatePem(makeLeaf().der) },
      { algorithm: 'sha512' as const, digest: new Uint8Array(64) },
    ]) {
      const body = hashedRekordBody({ ...record, ...changes })
      refusedOnly(withSeal({ entries: [makeEntry({ body })] }), 'entry')
    }
  })

  it('12: refuses an entry of another kind, and one that is no entry at all', () => {
    for (const text of ['{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{}}', '{}', 'x', '']) {
      refusedOnly(withSeal({ entries: [makeEntry({ body: utf8(text) })] }), 'entry')
    }
  })

  it('refuses the promise of another entry, and an index that was not promised', () => {
    const other = makeEntry({ body: utf8('another body') })
    refusedOnly(withEntry({ signedEntryTimestamp: other.signedEntryTimestamp }), 'set')
    refusedOnly(withEntry({ logIndex: 103 }), 'set')
    refusedOnly(withEntry({ uuid: `0000000000000011${'00'.repeat(32)}` }), 'entry')
  })

  it('7: takes no time that was not promised, and no entry without a proof', () => {
    const { signedEntryTimestamp: _promise, ...unpromised } = entry
    refused({ ...request, seal: { ...request.seal, entries: [unpromised] } }, 'time')
    const { inclusionProof: _proof, ...unproven } = entry
    for (const format of ['files', 'bundle 0.2', 'bundle 0.3', 'pep 740 attestation'] as const)
      refused({ ...request, seal: { ...request.seal, format, entries: [unproven] } }, 'inclusion')
    for (const format of ['cosign bundle', 'bundle 0.1'] as const)
      expect(
        verifySeal({ ...request, seal: { ...request.seal, format, entries: [unproven] } }).verified,
      ).toBe(true)
    const { signedEntryTimestamp: _set, ...nothing } = unproven
    refused(
      { ...request, seal: { ...request.seal, format: 'cosign bundle', entries: [nothing] } },
      'inclusion',
    )
  })
})
