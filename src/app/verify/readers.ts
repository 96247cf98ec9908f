/**
 * The ports behind which the formats stand, and what is read today: a pair of signature and certificate, and
 * `trusted_root.json` with logs of version 1.
 *
 * Still open: bundles, attestations and managed keys, Rekor 2 and timestamp authorities. Their readers replace the two
 * objects at the end of this file; nothing else of the command knows the formats.
 */
import * as v from 'valibot'
import {
  decodeBase64,
  describeError,
  encodeHex,
  parseIsoTime,
  parseJson,
  utf8Decode,
} from '../../base/index.ts'
import { readCertificateFile, readSignatureFile } from '../../formats/sigstore/index.ts'
import { parseCertificate } from '../../formats/x509/index.ts'
import type { CertificateAuthority, LogKey, Seal, TrustRoot, Validity } from '../../verify/index.ts'
import { appVerifyErrors } from './errors.ts'

/** A seal as it was found, all of it an enemy's. */
export type FoundSeal =
  | { readonly kind: 'bundle'; readonly bytes: Uint8Array }
  | { readonly kind: 'pair'; readonly signature: Uint8Array; readonly certificate?: Uint8Array }
  | { readonly kind: 'provenance'; readonly bytes: Uint8Array }

export interface SealReader {
  /**
   * What there is to verify, all of which must hold: one seal, or those of an attestation object. Entries are empty
   * where the seal has none and the log is to be asked. Throws what is wrong with the form.
   */
  read(found: FoundSeal): readonly Seal[]
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

const period = v.object({ start: v.optional(v.string()), end: v.optional(v.string()) })
const log = v.object({
  baseUrl: v.string(),
  publicKey: v.object({ rawBytes: v.string(), keyDetails: v.string(), validFor: period }),
  logId: v.object({ keyId: v.string() }),
})
const authority = v.object({
  certChain: v.object({ certificates: v.array(v.object({ rawBytes: v.string() })) }),
  validFor: period,
})
const TrustedRoot = v.object({
  mediaType: v.literal('application/vnd.dev.sigstore.trustedroot+json;version=0.1'),
  tlogs: v.array(log),
  certificateAuthorities: v.array(authority),
  ctlogs: v.array(log),
})

type LogTable = v.InferOutput<typeof log>

/** The only keys of logs of version 1 and of CT logs that are met. */
const P256 = 'PKIX_ECDSA_P256_SHA_256'

export const trustRootReader: TrustRootReader = {
  read: (json) => {
    try {
      const root = v.parse(TrustedRoot, parseJson(utf8Decode(json)))
      const logs = root.tlogs.filter(({ publicKey }) => publicKey.keyDetails === P256)
      const ctLogs = root.ctlogs.filter(({ publicKey }) => publicKey.keyDetails === P256)
      return {
        trustRoot: {
          certificateAuthorities: root.certificateAuthorities.map(readAuthority),
          logs: logs.map(readLog),
          ctLogs: ctLogs.map(readLog),
        },
        logUrls: logs.map(({ baseUrl }) => baseUrl).toReversed(),
      }
    } catch (cause) {
      throw appVerifyErrors('app.verify-trusted-root', describeError(cause), { cause })
    }
  },
}

function readAuthority({ certChain, validFor }: v.InferOutput<typeof authority>): CertificateAuthority {
  const certificates = certChain.certificates.map(({ rawBytes }) => parseCertificate(decodeBase64(rawBytes)))
  return {
    roots: certificates.slice(-1),
    intermediates: certificates.slice(0, -1),
    validity: readPeriod(validFor),
  }
}

function readLog({ publicKey, logId }: LogTable): LogKey {
  return {
    spki: decodeBase64(publicKey.rawBytes),
    idHex: encodeHex(decodeBase64(logId.keyId)),
    validity: readPeriod(publicKey.validFor),
  }
}

/** Trust has a beginning; without one it could be any. */
function readPeriod({ start, end }: v.InferOutput<typeof period>): Validity {
  if (start === undefined) throw new Error('a key or chain without the start of its validity')
  return { startSeconds: readTime(start), ...(end === undefined ? {} : { endSeconds: readTime(end) }) }
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/

function readTime(text: string): number {
  const seconds = TIME.test(text) ? parseIsoTime(text) : Number.NaN
  if (Number.isNaN(seconds)) throw new Error(`${JSON.stringify(text.slice(0, 40))} is no time`)
  return seconds
}

export const sealReader: SealReader = {
  read: (found) => {
    if (found.kind !== 'pair' || found.certificate === undefined)
      throw appVerifyErrors('app.verify-unsupported-seal', `a ${NAMES[found.kind]} cannot be read yet`)
    const { signature, certificate } = found
    return [
      {
        signature: readSignatureFile(signature),
        certificate: readCertificateFile(certificate),
        entries: [],
      },
    ]
  },
}

const NAMES: Readonly<Record<FoundSeal['kind'], string>> = {
  bundle: 'bundle',
  pair: 'signature of a managed key',
  provenance: 'attestation',
}
