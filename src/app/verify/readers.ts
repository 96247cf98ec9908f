/**
 * The one place of the command that knows formats: what the files of a seal and of a trust root hold, as `verify/` takes
 * it. Everything in a seal is an enemy's.
 */
import { describeError, sha256Hex, utf8Decode } from '../../base/index.ts'
import {
  parseSeals,
  readCertificateFile,
  readSignatureFile,
  type SealParts,
} from '../../formats/sigstore/index.ts'
import { parsePublicKeyPem } from '../../formats/x509/index.ts'
import { trustRootFromJson, type TrustRoot } from '../../verify/index.ts'
import { appVerifyErrors } from './errors.ts'

/** A seal as it was found. */
export type FoundSeal =
  | { readonly kind: 'bundle'; readonly bytes: Uint8Array }
  | { readonly kind: 'pair'; readonly signature: Uint8Array; readonly certificate?: Uint8Array }
  | { readonly kind: 'provenance'; readonly bytes: Uint8Array }

export interface SealReader {
  /**
   * What there is to verify, all of which must hold: one seal, or those of an attestation object. A pair has no
   * entries: the log is to be asked. Throws what is wrong with the form.
   */
  read(found: FoundSeal): readonly SealParts[]
}

/** What verification starts from. */
export interface TrustStart {
  readonly trustRoot: TrustRoot
  /** Logs of version 1 that can be asked, the newest first. */
  readonly logUrls: readonly string[]
}

export interface TrustRootReader {
  /** `trusted_root.json`. Throws what is wrong with it. */
  read(json: Uint8Array): TrustStart
}

export const trustRootReader: TrustRootReader = {
  read: (json) => {
    const trustRoot = trustRootFromJson(decoded(json))
    // The id of a log of version 1 is that of its key alone.
    const first = trustRoot.logs.filter(({ idHex, spki }) => idHex === sha256Hex(spki))
    return { trustRoot, logUrls: first.flatMap(({ url }) => url ?? []).toReversed() }
  },
}

export const sealReader: SealReader = {
  read: (found) => {
    if (found.kind === 'pair') return [readPair(found)]
    const seals = parseSeals(sealText(found.bytes))
    if (found.kind === 'bundle' && seals.length > 1)
      throw appVerifyErrors('app.verify-no-seal', `${seals.length} attestations, where one seal must be`)
    return seals
  },
}

/** RFC 8259 §8.1: JSON is UTF-8 without a byte order mark, which stays and is no JSON. Other bytes read as nothing. */
export function sealText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    return ''
  }
}

function readPair({ signature, certificate }: FoundSeal & { readonly kind: 'pair' }): SealParts {
  const parts = { signature: readSignatureFile(signature), entries: [] }
  return certificate === undefined ? parts : { ...parts, certificate: readCertificateFile(certificate) }
}

/** A public key, PEM. Throws `app.verify-key`. */
export function readKey(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return parsePublicKeyPem(utf8Decode(bytes))
  } catch (cause) {
    throw appVerifyErrors('app.verify-key', `${path}: ${describeError(cause)}`, { cause })
  }
}

function decoded(json: Uint8Array): string {
  try {
    return utf8Decode(json)
  } catch (cause) {
    throw appVerifyErrors('app.verify-trusted-root', describeError(cause), { cause })
  }
}
