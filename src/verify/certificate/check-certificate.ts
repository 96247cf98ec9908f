import { describeError, formatTime } from '../../base/index.ts'
import {
  checkChain,
  extendedKeyUsages,
  parseCertificate,
  type Certificate,
} from '../../formats/x509/index.ts'
import { readSigningKey } from '../signature/signing-key.ts'
import { isWithin, type CertificateAuthority, type TrustRoot } from '../trust-root/trust-root.ts'
import { failed, passed, type Finding } from '../verdict/verdict.ts'

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3'

/** The certificate, where it can be read at all. All other checks of it need that. */
export function checkCertificate(der: Uint8Array): { finding: Finding; certificate?: Certificate } {
  try {
    const certificate = parseCertificate(der)
    const key = readSigningKey(certificate.spki)
    if ('problem' in key) return { finding: wrongKey(key.problem), certificate }
    return { finding: passed(`well formed, its key is ${key.name}`), certificate }
  } catch (error) {
    return { finding: failed(describeError(error)) }
  }
}

/** Sigstore's algorithm registry. */
function wrongKey(found: string): Finding {
  return failed('the type of the key is not supported', {
    expected: 'ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048, 3072 or 4096 bits',
    found,
  })
}

/** cosign: the chain is evaluated with the extended key usage code signing. */
export function checkCodeSigning(certificate: Certificate): Finding {
  const usages = extendedKeyUsages(certificate)
  if (usages.includes(CODE_SIGNING)) return passed('the certificate is for code signing')
  return failed('the certificate is not for code signing', {
    expected: CODE_SIGNING,
    found: usages.join(', ') || 'no extended key usage',
  })
}

export interface ChainFindings {
  readonly finding: Finding
  /** The authority that signed the leaf, of the chain that holds. */
  readonly issuer?: Certificate
}

/**
 * cosign evaluates the chain at the leaf's `notBefore`, sigstore-js at the time of the log: here it must hold at both,
 * with all certificates of one authority of the trust root.
 */
export function checkChainAtTimes(
  leaf: Certificate,
  { certificateAuthorities }: TrustRoot,
  timesSeconds: readonly number[],
): ChainFindings {
  const problems = new Set<string>()
  for (const authority of certificateAuthorities) {
    const result = chainUnder(leaf, authority, timesSeconds)
    if (!('problem' in result))
      return {
        finding: passed('issued by an authority in your trust root, valid at the time of signing'),
        ...result,
      }
    problems.add(result.problem)
  }
  return { finding: failed([...problems].join('; ') || 'your trust root has no certificate authority') }
}

function chainUnder(
  leaf: Certificate,
  { roots, intermediates, validity }: CertificateAuthority,
  timesSeconds: readonly number[],
): { readonly issuer?: Certificate } | { readonly problem: string } {
  let chain: readonly Certificate[] = []
  for (const atSeconds of timesSeconds) {
    if (!isWithin(validity, atSeconds))
      return { problem: 'your trust root does not have the authority at the time of signing' }
    // What holds at one time holds at another when nothing in it has expired: signatures are checked once.
    if (chain.length > 0 && chain.every((one) => isValidAt(one, atSeconds))) continue
    const result = checkChain({ leaf, roots, intermediates, atSeconds })
    if (!result.ok) return { problem: result.reason }
    chain = result.chain
  }
  const [, issuer] = chain
  return issuer === undefined ? { problem: 'no time of signing to check the chain at' } : { issuer }
}

function isValidAt({ notBeforeSeconds, notAfterSeconds }: Certificate, atSeconds: number): boolean {
  return isWithin({ startSeconds: notBeforeSeconds, endSeconds: notAfterSeconds }, atSeconds)
}

/**
 * cosign: notBefore <= time <= notAfter, for every time that a log or an authority vouches for. sigstore-go: also for
 * every integrated time without a SET, which proves nothing by itself.
 */
export function checkTime(
  certificate: Certificate | undefined,
  timesSeconds: readonly number[],
  unpromised: readonly number[] = [],
): Finding {
  if (timesSeconds.length === 0)
    return failed(
      'no time of signing: there is no signed entry timestamp (SET) and no valid RFC 3161 timestamp',
    )
  if (certificate === undefined) return passed(`signed at ${timesSeconds.map(formatTime).join(', ')}`)
  const { notBeforeSeconds, notAfterSeconds } = certificate
  const outside = [...timesSeconds, ...unpromised].find((seconds) => !isValidAt(certificate, seconds))
  if (outside === undefined) return passed('signed while the certificate was valid')
  return failed('signed while the certificate was not valid', {
    expected: `${formatTime(notBeforeSeconds)} to ${formatTime(notAfterSeconds)}`,
    found: formatTime(outside),
  })
}
