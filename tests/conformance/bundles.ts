/** For tests only: sigstore-conformance's bundles and trust roots as seals, and sigstore-js's verdict on them. */
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot as TrustedRootMessage } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { bytesEqual, decodeBase64, encodeHex } from '../../src/base/index.ts'
import { leafHash } from '../../src/formats/merkle/index.ts'
import type { LogEntry } from '../../src/formats/sigstore/index.ts'
import { parseCertificate } from '../../src/formats/x509/index.ts'
import type { LogKey, TrustRoot, Validity } from '../../src/verify/index.ts'
import type { Seal } from '../../src/verify/index.ts'

interface Bytes {
  readonly rawBytes: string
}

interface TlogEntry {
  readonly logIndex: string
  readonly logId: { readonly keyId: string }
  readonly kindVersion: { readonly kind: string; readonly version: string }
  readonly integratedTime: string
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string }
  readonly inclusionProof?: {
    readonly logIndex: string
    readonly rootHash: string
    readonly treeSize: string
    readonly hashes: readonly string[]
    readonly checkpoint: { readonly envelope: string }
  }
  readonly canonicalizedBody: string
}

const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.[123]|\.v0\.3\+json)$/

export interface Bundle {
  readonly mediaType: string
  readonly verificationMaterial: {
    readonly certificate?: Bytes
    readonly x509CertificateChain?: { readonly certificates: readonly Bytes[] }
    readonly tlogEntries: readonly TlogEntry[]
  }
  readonly messageSignature?: {
    readonly messageDigest: { readonly algorithm: string; readonly digest: string }
    readonly signature: string
  }
}

interface Instance {
  readonly baseUrl: string
  readonly publicKey: Bytes & { readonly keyDetails: string; readonly validFor?: Span }
  readonly logId: { readonly keyId: string }
}

interface Span {
  readonly start?: string | null
  readonly end?: string | null
}

export interface TrustedRoot {
  readonly tlogs: readonly Instance[]
  readonly ctlogs: readonly Instance[]
  readonly certificateAuthorities: readonly {
    readonly certChain: { readonly certificates: readonly Bytes[] }
    readonly validFor?: Span
  }[]
}

/** Only what this version of `verify/` is about: a file's signature, a certificate, Rekor 1 with proof and promise. */
export function isInShape({ mediaType, verificationMaterial, messageSignature }: Bundle): boolean {
  const material = verificationMaterial
  return (
    MEDIA_TYPE.test(mediaType) &&
    messageSignature?.messageDigest.algorithm === 'SHA2_256' &&
    (material.certificate ?? material.x509CertificateChain) !== undefined &&
    material.tlogEntries.every(
      ({ kindVersion, inclusionPromise, inclusionProof }) =>
        `${kindVersion.kind} ${kindVersion.version}` === 'hashedrekord 0.0.1' &&
        inclusionPromise !== undefined &&
        inclusionProof !== undefined,
    )
  )
}

/** Throws for what a reader of bundles must refuse. */
export function sealFromBundle(bundle: Bundle, artifactSha256: Uint8Array): Seal {
  const { verificationMaterial: material, messageSignature } = bundle
  const certificates = material.x509CertificateChain?.certificates ?? [material.certificate!]
  const [leaf, ...others] = certificates.map(({ rawBytes }) => parseCertificate(decodeBase64(rawBytes)))
  if (others.some(({ isSelfIssued }) => isSelfIssued)) throw new Error('a root in the bundle')
  const { messageDigest, signature } = messageSignature!
  if (!bytesEqual(decodeBase64(messageDigest.digest), artifactSha256)) throw new Error('another digest')
  return {
    signature: decodeBase64(signature),
    certificate: leaf!.der,
    entries: material.tlogEntries.map(entryOf),
  }
}

function entryOf(entry: TlogEntry): LogEntry {
  const proof = entry.inclusionProof!
  const body = decodeBase64(entry.canonicalizedBody)
  return {
    uuid: encodeHex(leafHash(body)),
    body,
    integratedTimeSeconds: Number(entry.integratedTime),
    logId: encodeHex(decodeBase64(entry.logId.keyId)),
    logIndex: Number(entry.logIndex),
    inclusionProof: {
      checkpoint: proof.checkpoint.envelope,
      hashes: proof.hashes.map(decodeBase64),
      logIndex: Number(proof.logIndex),
      rootHash: decodeBase64(proof.rootHash),
      treeSize: Number(proof.treeSize),
    },
    signedEntryTimestamp: decodeBase64(entry.inclusionPromise!.signedEntryTimestamp),
  }
}

export function trustRootFrom(root: TrustedRoot): TrustRoot {
  return {
    certificateAuthorities: root.certificateAuthorities.map(({ certChain, validFor }) => {
      const chain = certChain.certificates.map(({ rawBytes }) => parseCertificate(decodeBase64(rawBytes)))
      return { roots: chain.slice(-1), intermediates: chain.slice(0, -1), validity: validityOf(validFor) }
    }),
    logs: root.tlogs.map(logKeyOf),
    ctLogs: root.ctlogs.map(logKeyOf),
  }
}

function logKeyOf({ publicKey, logId }: Instance): LogKey {
  return {
    spki: decodeBase64(publicKey.rawBytes),
    idHex: encodeHex(decodeBase64(logId.keyId)),
    validity: validityOf(publicKey.validFor),
  }
}

function validityOf(span: Span | undefined): Validity {
  const seconds = (text: string): number => Date.parse(text) / 1000
  return {
    ...(span?.start ? { startSeconds: seconds(span.start) } : {}),
    ...(span?.end ? { endSeconds: seconds(span.end) } : {}),
  }
}

export interface Expectation {
  readonly san: string
  readonly issuer: string
}

/** `@sigstore/verify` compares names as patterns: what is expected is escaped and anchored for it. */
export function sigstoreJs(root: unknown): (bundle: unknown, file: Uint8Array, who: Expectation) => boolean {
  const verifier = new Verifier(toTrustMaterial(TrustedRootMessage.fromJSON(root)))
  return (bundle, file, { san, issuer }) => {
    try {
      verifier.verify(toSignedEntity(bundleFromJSON(bundle), Buffer.from(file)), {
        subjectAlternativeName: `^${san.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}$`,
        extensions: { issuer },
      })
      return true
    } catch {
      return false
    }
  }
}
