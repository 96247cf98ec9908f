import { bytesEqual, describeError, encodeHex, sha256 } from '../../base/index.ts'
import {
  embeddedScts,
  isSignedBy,
  precertificateTbs,
  sctSignedBytes,
  verifyWithSpki,
  type Certificate,
  type SignedCertificateTimestamp,
} from '../../formats/x509/index.ts'
import { findLog, type LogKey, type TrustRoot } from '../trust-root/trust-root.ts'
import { failed, passed, undecided, type Finding } from '../verdict/verdict.ts'

/**
 * cosign verify_sct.go: a certificate has at least one SCT, and every one of them is from a known log and verifies.
 * The signature covers the issuer's key (RFC 6962 §3.2), so that the issuer must be known, also where the chain fails.
 */
export function checkScts(
  leaf: Certificate,
  trustRoot: TrustRoot,
  issuer = issuerOf(leaf, trustRoot),
): Finding {
  if (issuer === undefined)
    return undecided('not checked: the certificate was not issued by an authority in your trust root')
  try {
    const scts = embeddedScts(leaf)
    if (scts.length === 0)
      return failed('the certificate has no SCT', { expected: 'at least one', found: 'none' })
    const entry = { issuerKeyHash: sha256(issuer.spki), tbs: precertificateTbs(leaf) }
    const problem = scts.map((sct) => sctProblem(sct, entry, trustRoot.ctLogs)).find(Boolean)
    return (
      problem ??
      passed(`every SCT (${scts.length}) is signed by a certificate transparency log in your trust root`)
    )
  } catch (error) {
    return failed(describeError(error))
  }
}

/** By name and signature only: whether the issuer may issue is the chain's check. */
function issuerOf(leaf: Certificate, { certificateAuthorities }: TrustRoot): Certificate | undefined {
  return certificateAuthorities
    .flatMap(({ intermediates, roots }) => [...intermediates, ...roots])
    .find(({ subjectDer, spki }) => bytesEqual(subjectDer, leaf.issuerDer) && isSignedBy(leaf, spki))
}

function sctProblem(
  sct: SignedCertificateTimestamp,
  entry: { readonly issuerKeyHash: Uint8Array; readonly tbs: Uint8Array },
  ctLogs: readonly LogKey[],
): Finding | undefined {
  const idHex = encodeHex(sct.logId)
  const log = findLog(ctLogs, idHex, [Math.floor(sct.timestampMs / 1000)])
  if (log === undefined) {
    const known = ctLogs.map((ctLog) => ctLog.idHex).join(', ') || 'no log'
    return failed('your trust root does not have the certificate transparency log of an SCT at its time', {
      expected: known,
      found: idHex,
    })
  }
  const { timestampMs, extensions, signature } = sct
  const signed = sctSignedBytes({ ...entry, timestampMs, extensions })
  if (verifyWithSpki(log.spki, signed, signature)) return undefined
  return failed('the signature of an SCT is not valid for this certificate')
}
