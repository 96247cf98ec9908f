import { describeError, sha256Hex } from '../../base/index.ts'
import { parseEcdsaPublicKey } from '../../formats/ecdsa/index.ts'
import { parseCertificatesPem, parsePublicKeyPem } from '../../formats/x509/index.ts'
import { verifyErrors } from '../errors.ts'
import type { CertificateAuthority, LogKey, TimestampAuthority, TrustRoot } from './trust-root.ts'

/** The texts of the three files that cosign 2 reads, and of the one that cosign 3 has besides. */
export interface PemFiles {
  /** Self-issued certificates are roots, all others intermediates. */
  readonly certificates: string
  readonly rekorKey: string
  readonly ctKey: string
  /** A timestamp authority's own certificate first, its root last (SIGSTORE_TSA_CERTIFICATE_FILE). */
  readonly timestampChain?: string
}

const MIN_CHAIN = 2

/** Throws `verify.trust-root`, which names the file. */
export function trustRootFromPem({ certificates, rekorKey, ctKey, timestampChain }: PemFiles): TrustRoot {
  const stamps =
    timestampChain === undefined
      ? {}
      : { timestampAuthorities: [reading('timestamp chain', () => timestampAuthorityFrom(timestampChain))] }
  return {
    ...stamps,
    certificateAuthorities: [reading('certificates', () => authorityFrom(certificates))],
    logs: [reading('log key', () => logKeyFrom(rekorKey))],
    ctLogs: [reading('CT log key', () => logKeyFrom(ctKey))],
  }
}

function authorityFrom(pem: string): CertificateAuthority {
  const certificates = parseCertificatesPem(pem)
  const roots = certificates.filter(({ isSelfIssued }) => isSelfIssued)
  if (roots.length === 0)
    throw verifyErrors(
      'verify.trust-root',
      'no root certificate found: none of the certificates is self-signed',
    )
  return { roots, intermediates: certificates.filter(({ isSelfIssued }) => !isSelfIssued) }
}

function timestampAuthorityFrom(pem: string): TimestampAuthority {
  const chain = parseCertificatesPem(pem)
  if (chain.length < MIN_CHAIN)
    throw verifyErrors('verify.trust-root', 'not a certificate followed by its issuers, the root last')
  return { chain }
}

/** cosign refuses every Rekor key that is not ECDSA, and Sigstore's CT logs have none. */
function logKeyFrom(pem: string): LogKey {
  const spki = parsePublicKeyPem(pem)
  if (parseEcdsaPublicKey(spki) === undefined) throw verifyErrors('verify.trust-root', 'not an ECDSA key')
  return { spki, idHex: sha256Hex(spki) }
}

function reading<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw verifyErrors('verify.trust-root', `${what}: ${describeError(cause)}`, { cause })
  }
}
