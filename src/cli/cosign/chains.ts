import { bytesEqual, describeError } from '../../base/index.ts'
import { parseTimestampResponse } from '../../formats/timestamp/index.ts'
import {
  basicConstraints,
  parseCertificate,
  parseCertificatesPem,
  type Certificate,
} from '../../formats/x509/index.ts'
import type { CertificateAuthority, TimestampAuthority } from '../../verify/index.ts'
import { cosignErrors } from './errors.ts'

/** `--certificate-chain`: the last one is the root and trusted, the others are not. Throws `cosign.certificate`. */
export function authorityFrom(pem: string): CertificateAuthority {
  const chain = parsed(pem, 'cosign.certificate', '--certificate-chain')
  const root = chain.at(-1)
  if (root === undefined || !root.isSelfIssued)
    throw cosignErrors('cosign.certificate', '--certificate-chain: the last certificate is not a root')
  return { roots: [root], intermediates: chain.slice(0, -1) }
}

/**
 * `--timestamp-certificate-chain`: the root, issuers between, and the authority's own certificate where the timestamp
 * does not bring it; in any order. The own certificate proves nothing by itself, so that it may come from the
 * timestamp: the chain to the root of the file decides. Throws `cosign.timestamp`.
 */
export function timestampAuthoritiesFrom(
  pem: string,
  timestamps: readonly Uint8Array[],
): readonly TimestampAuthority[] {
  const certificates = parsed(pem, 'cosign.timestamp', '--timestamp-certificate-chain')
  const authorities = certificates.filter((one) => basicConstraints(one).isAuthority)
  const own = certificates.filter((one) => !authorities.includes(one))
  const roots = authorities.filter(({ isSelfIssued }) => isSelfIssued)
  if (roots.length === 0)
    throw cosignErrors('cosign.timestamp', '--timestamp-certificate-chain: no root certificate found')
  if (own.length > 1)
    throw cosignErrors(
      'cosign.timestamp',
      `--timestamp-certificate-chain: ${own.length} certificates for signing timestamps, at most one is allowed`,
    )
  const signers = own.length === 0 ? timestamps.flatMap(sentAlong) : own
  const between = authorities.filter((one) => !roots.includes(one))
  return signers.flatMap((signer) => roots.map((root) => ({ chain: [signer, ...between, root] })))
}

/** The certificates of signers that a timestamp brings; none of one that cannot be read, which the verdict says. */
function sentAlong(timestamp: Uint8Array): readonly Certificate[] {
  try {
    const response = parseTimestampResponse(timestamp)
    if (!response.isGranted) return []
    const { signer, certificates } = response.token
    return certificates
      .map((der) => parseCertificate(der))
      .filter(
        ({ serial, issuerDer }) =>
          bytesEqual(serial, signer.serial) && bytesEqual(issuerDer, signer.issuerDer),
      )
  } catch {
    return []
  }
}

function parsed(
  pem: string,
  code: 'cosign.certificate' | 'cosign.timestamp',
  flag: string,
): readonly Certificate[] {
  try {
    return parseCertificatesPem(pem)
  } catch (cause) {
    throw cosignErrors(code, `${flag}: ${describeError(cause)}`, { cause })
  }
}
