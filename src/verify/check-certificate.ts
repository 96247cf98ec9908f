import { describeError } from '../base/index.ts'
import { checkChain, extendedKeyUsages, parseCertificate, type Certificate } from '../formats/x509/index.ts'
import { formatTime } from './format-time.ts'
import { readSigningKey } from './signing-key.ts'
import { isWithin, type CertificateAuthority, type TrustRoot } from './trust-root.ts'
import { failed, passed, type Finding } from './verdict.ts'

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'

/** The certificate, where it can be read at all. All other checks of it need that. */
export function checkCertificate(der: Uint8Array): { finding: Finding; certificate?: Certificate } {
  try {
    const certificate = parseCertificate(der)
    const key = readSigningKey(certificate.spki)
    if ('problem' in key) return { finding: wrongKey(key.problem), certificate }
    return { finding: passed(`well formed, with a key of ${key.name}`), certificate }
  } catch (error) {
    return { finding: failed(describeError(error)) }
  }
}

/** Sigstore's algorithm registry. */
function wrongKey(found: string): Finding {
  return failed('the key is of a kind that signs no files', {
    expected: 'ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits',
    found,
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

/** cosign: notBefore <= time <= notAfter, for every time that a log or an authority vouches for. */
export function checkTime(certificate: Certificate | undefined, timesSeconds: readonly number[]): Finding {
  if (timesSeconds.length === 0)
    return failed('no trusted time: neither a log nor a timestamp authority says when it was signed')
  if (certificate === undefined) return passed(`signed at ${timesSeconds.map(formatTime).join(', ')}`)
  const { notBeforeSeconds, notAfterSeconds } = certificate
  const validity = { startSeconds: notBeforeSeconds, endSeconds: notAfterSeconds }
  const outside = timesSeconds.find((seconds) => !isWithin(validity, seconds))
  if (outside === undefined) return passed('signed while the certificate was valid')
  return failed('signed while the certificate was not valid', {
    expected: `${formatTime(notBeforeSeconds)} to ${formatTime(notAfterSeconds)}`,
    found: formatTime(outside),
  })
}
