import { constants, publicDecrypt, type KeyObject } from 'node:crypto'
import { bytesEqual, concatBytes, decodeHex, encodeHex } from '../base/index.ts'
import { verifyDigest } from '../formats/ecdsa/index.ts'
import type { SealParts } from '../formats/sigstore/index.ts'
import { verifyWithSpki } from '../formats/x509/index.ts'
import type { Artifact } from './seal.ts'
import { signedContent, type SignedContent } from './signed-content.ts'
import { HASH_OF_KEY, readSigningKey } from './signing-key.ts'
import { failed, open, passed, type Finding } from './verdict.ts'

/** DigestInfo of SHA-256 up to the digest (RFC 8017 §9.2, note 1). */
const SHA256_INFO = decodeHex('3031300d060960864801650304020105000420')

/** cosign: the signature is the key's over the bytes, or over their digest, which is the same. */
export function checkSignature(spki: Uint8Array | undefined, seal: SealParts, artifact: Artifact): Finding {
  if (spki === undefined) return open('there is no key to check the signature with')
  const claimed = claimedDigestProblem(seal, artifact)
  if (claimed !== undefined) return claimed
  const read = readSigningKey(spki)
  if ('problem' in read) return open('the key is of a kind that signs no files')
  const content = signedContent(seal, artifact)
  const algorithm = HASH_OF_KEY[read.key.kind]
  const digest = algorithm === undefined ? undefined : content.digest(algorithm)
  if (digest === undefined && content.bytes === undefined)
    return failed(`a signature of ${read.name} needs ${missing(algorithm)}, the SHA-256 is not enough`)
  const isRight = holds({ spki, key: read.key.key, signature: seal.signature, content, digest })
  const what = seal.envelope === undefined ? 'these bytes' : 'this attestation'
  return isRight
    ? passed(`made with the ${read.name} key of the signer over ${what}`)
    : failed(`not made with the key of the signer over ${what}`)
}

function missing(algorithm: 'sha256' | 'sha384' | 'sha512' | undefined): string {
  return algorithm === undefined ? 'the file' : `the file or its ${algorithm}`
}

/** A bundle may say which file it is of; that is a hint, but a wrong one tells what happened. */
function claimedDigestProblem({ digest: claimed }: SealParts, artifact: Artifact): Finding | undefined {
  if (claimed === undefined) return undefined
  const { algorithm } = claimed
  const digest = signedContent({ signature: new Uint8Array(), entries: [] }, artifact).digest(algorithm)
  if (digest === undefined)
    return failed(`the bundle names the ${algorithm} of its file, which needs the file to compare`)
  if (bytesEqual(digest, claimed.digest)) return undefined
  return failed('the seal is of another file', {
    expected: `${algorithm}:${encodeHex(digest)}`,
    found: `${algorithm}:${encodeHex(claimed.digest)}`,
  })
}

interface Claim {
  readonly spki: Uint8Array
  readonly key: KeyObject
  readonly signature: Uint8Array
  readonly content: SignedContent
  readonly digest: Uint8Array | undefined
}

function holds({ spki, key, signature, content, digest }: Claim): boolean {
  if (content.bytes !== undefined) return verifyWithSpki(spki, content.bytes, signature)
  if (digest === undefined) return false
  return key.asymmetricKeyType === 'rsa'
    ? holdsRsa(key, digest, signature)
    : verifyDigest({ spki, digest, signature })
}

/** RSASSA-PKCS1-v1_5 over a digest: the block under the padding must be the DigestInfo and nothing else. */
function holdsRsa(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    const block = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return bytesEqual(new Uint8Array(block), concatBytes(SHA256_INFO, digest))
  } catch {
    return false
  }
}
