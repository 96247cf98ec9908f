/** What `cosign attest-blob --bundle` of version 2 writes: its old bundle, with the envelope in place of the signature. */
import { sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeBase64, utf8 } from '../../base/index.ts'
import { dsseBody, dsseSignedBytes, IN_TOTO, parseSeals } from '../../formats/sigstore/index.ts'
import { certificatePem } from '../../formats/x509/index.ts'
import { keys, leaf, makeEntry, policy } from '../arrange.ts'
import { artifactOf } from '../index.ts'
import {
  bytes,
  cosignBundle,
  FILE_NAME,
  refuses,
  refusesOnly,
  statement,
  verifies,
  type Json,
} from './arrange.ts'

const payload = utf8(
  JSON.stringify(statement({ predicateType: 'https://cosign.sigstore.dev/attestation/v1', predicate: {} })),
)
const signature = new Uint8Array(
  sign('sha256', dsseSignedBytes({ payload, payloadType: IN_TOTO }), keys.leaf.key),
)
const envelope = (changes: Json = {}): Json => ({
  payloadType: IN_TOTO,
  payload: encodeBase64(payload),
  signatures: [{ keyid: '', sig: encodeBase64(signature) }],
  ...changes,
})

/** `text` is what the bundle holds, and `logged` what the log was given. */
function attested(text = JSON.stringify(envelope()), logged = text): Json {
  const publicKeyPem = certificatePem(leaf.der)
  const proposal = { payload, payloadType: IN_TOTO, signatures: [signature], publicKeyPems: [publicKeyPem] }
  const body = dsseBody({ ...proposal, envelopeText: logged }, [{ signature, publicKeyPem }])
  const { signedEntryTimestamp, integratedTimeSeconds, logIndex, logId } = makeEntry({ body })
  const bundle = cosignBundle()
  bundle.base64Signature = encodeBase64(utf8(text))
  bundle.rekorBundle = {
    SignedEntryTimestamp: encodeBase64(signedEntryTimestamp),
    Payload: { body: encodeBase64(body), integratedTime: integratedTimeSeconds, logIndex, logID: logId },
  }
  return bundle
}

describe('an attestation in the bundle of cosign 2', () => {
  it('is verified for the file that it is about', () => {
    verifies(attested())
    const [seal] = parseSeals(JSON.stringify(attested()))
    expect(seal).toMatchObject({
      format: 'cosign bundle',
      signature,
      envelope: { payload, payloadType: IN_TOTO },
    })
  })

  it('is refused as an attestation for every other file', () => {
    refusesOnly(attested(), 'attestation', { artifact: artifactOf(utf8('other bytes'), FILE_NAME) })
  })

  it('is the envelope that was logged, byte for byte, as cosign 2 has it', () => {
    const spaced = JSON.stringify(envelope(), undefined, 1)
    verifies(attested(spaced))
    refusesOnly(attested(spaced, JSON.stringify(envelope())), 'entry')
  })

  it('is one signature over one envelope, and nothing else', () => {
    const [one] = envelope().signatures
    const { payload: _payload, ...without } = envelope()
    for (const changed of [
      envelope({ signatures: [one, one] }),
      envelope({ signatures: [] }),
      envelope({ x: 1 }),
      without,
    ])
      refuses(attested(JSON.stringify(changed)), 'bundle')
    for (const text of ['{', '{}x']) refuses(attested(text), 'signature')
    refuses(attested(JSON.stringify(envelope({ payloadType: 'x' }))), 'signature')
  })

  it('has the promise of the log and no proof of it', () => {
    refusesOnly(attested(), 'policy', { policy: { ...policy, requires: ['bundle'] } })
    verifies(attested(), { policy: { ...policy, requires: ['attestation'] } })
    refuses(attested(), 'attestation', {
      artifact: artifactOf(bytes, 'x.whl'),
      policy: { ...policy, requires: ['attestation'] },
    })
  })
})
