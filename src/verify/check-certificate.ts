import { describeError } from '../base/index.ts'
import { parseEcdsaPublicKey } from '../formats/ecdsa/index.ts'
import { checkChain, extendedKeyUsages, parseCertificate, type Certificate } from '../formats/x509/index.ts'
import { formatTime } from './format-time.ts'
import { isWithin, type CertificateAuthority, type TrustRoot } from './trust-root.ts'
import { failed, passed, type Finding } from './verdict.ts'

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'

/** The certificate, where it can be read at all. All other checks of it need that. */
export function checkCertificate(der: Uint8Array): { finding: Finding; certificate?: Certificate } {
  try {
    const certificate = parseCertificate(der)
    const curve = parseEcdsaPublicKey(certificate.spki)?.curve
    // Sigstore's algorithm registry pairs SHA-256, the only digest of a seal, with P-256.
    if (curve !== 'P-256') return { finding: wrongKey(curve), certificate }
    return { finding: passed('well formed, with a P-256 key'), certificate }
  } catch (error) {
    return { finding: failed(describeError(error)) }
  }
}

function wrongKey(curve: string | undefined): Finding {
  return failed('the key is of another kind', {
    expected: 'ECDSA P-256',
    found: curve ?? 'not an ECDSA key that is known here',
  })
}

/** cosign: the chain is evaluated with the extended key usage code signing. */
export function checkCodeSigning(certificate: Certificate): Finding {
  const usages = extendedKeyUsages(certificate)
  if (usages.includes(CODE_SIGNING)) return passed('the certificate may sign code')
  return failed('the certificate may not sign code', {
    expected: CODE_SIGNING,
    found: usages.join(', ') || 'no extended key usage',
  })
}

/**
 * cosign evaluates the chain at the leaf's `notBefore`, sigstore-js at the time of the log: here it must hold at both,
 * with all certificates of one authority of the trust root.
 */
export function checkChainAtTimes(
  leaf: Certificate,
  { certificateAuthorities }: TrustRoot,
  timesSeconds: readonly number[],
): Finding {
  const problems = certificateAuthorities.map((authority) => authorityProblem(leaf, authority, timesSeconds))
  if (problems.includes(undefined)) return passed('stands under a trusted root at the time of signing')
  const reasons = new Set(problems.filter((problem) => problem !== undefined))
  return failed([...reasons].join('; ') || 'the trust root has no certificate authority')
}

function authorityProblem(
  leaf: Certificate,
  authority: CertificateAuthority,
  timesSeconds: readonly number[],
): string | undefined {
  const { roots, intermediates, validity } = authority
  for (const atSeconds of timesSeconds) {
    if (!isWithin(validity, atSeconds)) return 'the authority was not trusted at the time of signing'
    const result = checkChain({ leaf, roots, intermediates, atSeconds })
    if (!result.ok) return result.reason
  }
  return undefined
}

/** cosign: notBefore <= integratedTime <= notAfter. */
export function checkTime(
  { notBeforeSeconds, notAfterSeconds }: Certificate,
  integratedSeconds: number,
): Finding {
  const validity = { startSeconds: notBeforeSeconds, endSeconds: notAfterSeconds }
  if (isWithin(validity, integratedSeconds)) return passed('logged while the certificate was valid')
  return failed('logged while the certificate was not valid', {
    expected: `${formatTime(notBeforeSeconds)} to ${formatTime(notAfterSeconds)}`,
    found: formatTime(integratedSeconds),
  })
}
