import { bytesEqual, encodeHex } from '../../base/index.ts'
import { verifyDigest } from '../../formats/ecdsa/index.ts'
import type { DigestAlgorithm, SealParts } from '../../formats/sigstore/index.ts'
import { sshFingerprint, verifyRsaDigest, verifyWithSpki, type PublicKey } from '../../formats/x509/index.ts'
import { verifyEd25519ph } from './ed25519ph.ts'
import type { Artifact } from '../seal.ts'
import { signedContent, type SignedContent } from './signed-content.ts'
import { hashOf, isRegistered, readSigningKey } from './signing-key.ts'
import { failed, passed, undecided, type Finding } from '../verdict/verdict.ts'

/** cosign: the signature is the key's over the bytes, or over their digest, which is the same. */
export function checkSignature(spki: Uint8Array | undefined, seal: SealParts, artifact: Artifact): Finding {
  if (spki === undefined) return undecided('not checked: no public key is known')
  const otherFile = bundleDigestProblem(seal, artifact)
  if (otherFile !== undefined) return otherFile
  const read = readSigningKey(spki)
  if ('problem' in read) return undecided('the type of the key is not supported')
  const { key, name } = read
  const content = signedContent(seal, artifact)
  const problem = key.kind === 'ed25519' ? ed25519Problem(seal, content) : digestProblem(key, seal, content)
  if (problem !== undefined) return { ...problem, reason: `${name} signature: ${problem.reason}` }
  const otherHash = bundleAlgorithmProblem(hashOf(key, seal), seal)
  if (otherHash !== undefined) return otherHash
  const otherKey = keyIdProblem(spki, seal)
  if (otherKey !== undefined) return otherKey
  const what = seal.envelope === undefined ? 'the file' : 'the attestation'
  return isValid({ spki, key, seal, content })
    ? passed(`valid for ${what} and the ${name} key of the signer`)
    : failed(`the signature does not match ${what} and the key of the signer`)
}

/** No log takes a plain Ed25519 signature over a file, and cosign takes a prehashed one with a certificate only. */
function ed25519Problem({ certificate, envelope }: SealParts, { bytes }: SignedContent): Finding | undefined {
  if (certificate === undefined && envelope === undefined)
    return failed(
      'with a key it is supported for attestations only, as in cosign; sign with a P-256 key, or attest',
    )
  return bytes === undefined ? undecided('verify the file itself, the SHA-256 is not enough') : undefined
}

function digestProblem(key: PublicKey, seal: SealParts, content: SignedContent): Finding | undefined {
  const hash = hashOf(key, seal)
  if (hash === undefined || content.digest(hash) !== undefined) return undefined
  return undecided(`verify the file itself (or its ${hash}), the SHA-256 is not enough`)
}

/** A bundle may say which file it is of; that is a hint, but a wrong one tells what happened. */
function bundleDigestProblem({ digest: stated }: SealParts, artifact: Artifact): Finding | undefined {
  if (stated === undefined) return undefined
  const { algorithm } = stated
  const digest = signedContent({ signature: new Uint8Array(), entries: [] }, artifact).digest(algorithm)
  if (digest === undefined)
    return undecided(
      `the bundle has the ${algorithm} of the file: verify the file itself, the SHA-256 is not enough`,
    )
  if (bytesEqual(digest, stated.digest)) return undefined
  return failed('the bundle is for a different file', {
    expected: `${algorithm}:${encodeHex(digest)}`,
    found: `${algorithm}:${encodeHex(stated.digest)}`,
  })
}

/** sigstore-go: the digest in the bundle is the one that was signed, and logged. */
function bundleAlgorithmProblem(
  signed: DigestAlgorithm | undefined,
  { digest: stated }: SealParts,
): Finding | undefined {
  if (signed === undefined || stated === undefined || stated.algorithm === signed) return undefined
  return failed('the bundle has a different hash algorithm than the signature', {
    expected: signed,
    found: stated.algorithm,
  })
}

/** sigstore-go passes over a signature whose key id is not the one that Go's DSSE library gives the key. */
function keyIdProblem(spki: Uint8Array, { envelope }: SealParts): Finding | undefined {
  if (envelope?.keyId === undefined) return undefined
  const expected = sshFingerprint(spki)
  if (envelope.keyId === expected) return undefined
  return failed('the keyid in the envelope is not that of the key of the signer', {
    expected: `no keyid, or ${expected}`,
    found: envelope.keyId.slice(0, 500),
  })
}

interface Signed {
  readonly spki: Uint8Array
  readonly key: PublicKey
  readonly seal: SealParts
  readonly content: SignedContent
}

function isValid({ spki, key, seal, content }: Signed): boolean {
  const { signature } = seal
  const hash = hashOf(key, seal)
  if (content.bytes !== undefined && (hash === undefined || isNative(key, hash)))
    return verifyWithSpki(spki, content.bytes, signature)
  if (key.kind === 'ed25519')
    return content.bytes !== undefined && verifyEd25519ph(spki, content.bytes, signature)
  const digest = hash === undefined ? undefined : content.digest(hash)
  if (digest === undefined) return false
  const signed = { spki, digest, signature }
  return key.kind === 'rsa' ? verifyRsaDigest(signed) : verifyDigest(signed)
}

/** Where `node:crypto` does it all by itself. */
function isNative(key: PublicKey, hash: DigestAlgorithm): boolean {
  return key.kind !== 'ed25519' && isRegistered(key, hash)
}
