import type { LogEntry } from '../formats/sigstore/index.ts'
import type { Certificate } from '../formats/x509/index.ts'
import { checkCertificate, checkChainAtTimes, checkCodeSigning, checkTime } from './check-certificate.ts'
import { checkEntry, type EntryFindings } from './check-entry.ts'
import { checkIdentity, type IdentityFindings } from './check-identity.ts'
import { checkPolicy, PAIR } from './policy-check.ts'
import { checkScts } from './check-sct.ts'
import { checkSignature } from './check-signature.ts'
import type { Policy } from './policy.ts'
import type { TrustRoot } from './trust-root.ts'
import { failed, notApplicable, passed, verdictOf, type Finding, type Verdict } from './verdict.ts'

/** Everything in it may be an enemy's. */
export interface Seal {
  /** ECDSA, DER. */
  readonly signature: Uint8Array
  /** The leaf, DER. */
  readonly certificate: Uint8Array
  /** What a log says about the signature. Entries about something else are passed over. */
  readonly entries: readonly LogEntry[]
}

export interface VerifyRequest {
  readonly artifact: { readonly sha256: Uint8Array }
  readonly seal: Seal
  readonly trustRoot: TrustRoot
  readonly policy: Policy
}

type CertificateChecks =
  | 'code-signing'
  | 'chain'
  | 'sct'
  | 'identity'
  | 'issuer'
  | 'claims'
  | 'signature'
  | 'time'

const MAX_ENTRIES = 32

/**
 * Evaluates all checks, also after one has failed, in the order of cosign 2.2.3 (`verify-blob --signature
 * --certificate`). Never throws for what stands in the seal.
 */
export function verifySeal(request: VerifyRequest): Verdict {
  const { artifact, seal, trustRoot } = request
  const { finding, certificate } = checkCertificate(seal.certificate)
  const subject = { ...artifact, signature: seal.signature, certificate: seal.certificate }
  const logged = checkLogged(seal.entries)
  const candidates = logged.outcome === 'passed' ? seal.entries : []
  const chosen = chooseEntry(
    candidates.map((entry) => ({ entry, findings: checkEntry(entry, subject, trustRoot) })),
  )
  const about = certificate === undefined ? undefined : checkIdentity(certificate, request.policy)
  const findings = {
    certificate: finding,
    logged,
    policy: checkPolicy(request.policy, PAIR),
    ...entryFindings(chosen),
    ...certificateFindings({ request, certificate, about, entry: chosen?.entry }),
  }
  return verdictOf(findings, factsOf(about, chosen))
}

/** cosign: "signature not found in transparency log". */
function checkLogged(entries: readonly LogEntry[]): Finding {
  if (entries.length === 0) return failed('the signature was not found in the transparency log')
  if (entries.length > MAX_ENTRIES) return failed(`${entries.length} log entries, ${MAX_ENTRIES} are allowed`)
  return passed(`found in the transparency log`)
}

interface JudgedEntry {
  readonly entry: LogEntry
  readonly findings: EntryFindings
}

/**
 * cosign: entries that do not hold are passed over, and of those that do the earliest counts. When none holds, the one
 * that comes nearest explains the refusal.
 */
function chooseEntry(judged: readonly JudgedEntry[]): JudgedEntry | undefined {
  const score = ({ findings }: JudgedEntry): number =>
    Object.values<Finding>({ ...findings }).filter(({ outcome }) => outcome === 'passed').length
  const better = (a: JudgedEntry, b: JudgedEntry): number =>
    score(b) - score(a) || a.entry.integratedTimeSeconds - b.entry.integratedTimeSeconds
  return judged.toSorted(better)[0]
}

function entryFindings(chosen: JudgedEntry | undefined): EntryFindings {
  if (chosen !== undefined) return chosen.findings
  const missing = notApplicable('there is no log entry')
  return { entry: missing, inclusion: missing, checkpoint: missing, set: missing }
}

interface CertificateParts {
  readonly request: VerifyRequest
  readonly certificate: Certificate | undefined
  readonly about: IdentityFindings | undefined
  readonly entry: LogEntry | undefined
}

function certificateFindings(parts: CertificateParts): Record<CertificateChecks, Finding> {
  const { request, certificate, about, entry } = parts
  if (certificate === undefined || about === undefined) return unreadableCertificate()
  const { artifact, seal, trustRoot } = request
  const time =
    entry === undefined
      ? notApplicable('there is no log entry, hence no time')
      : checkTime(certificate, entry.integratedTimeSeconds)
  const times = [certificate.notBeforeSeconds]
  if (entry !== undefined && time.outcome === 'passed') times.push(entry.integratedTimeSeconds)
  return {
    'code-signing': checkCodeSigning(certificate),
    chain: checkChainAtTimes(certificate, trustRoot, times),
    sct: checkScts(certificate, trustRoot),
    identity: about.identity,
    issuer: about.issuer,
    claims: about.claims,
    signature: checkSignature(certificate, { digest: artifact.sha256, signature: seal.signature }),
    time,
  }
}

function unreadableCertificate(): Record<CertificateChecks, Finding> {
  const finding = notApplicable('the certificate cannot be read')
  return {
    'code-signing': finding,
    chain: finding,
    sct: finding,
    identity: finding,
    issuer: finding,
    claims: finding,
    signature: finding,
    time: finding,
  }
}

function factsOf(
  about: IdentityFindings | undefined,
  chosen: JudgedEntry | undefined,
): Omit<Verdict, 'checks' | 'verified' | 'reason'> {
  return {
    ...(about?.found === undefined ? {} : { identity: about.found }),
    ...(chosen === undefined
      ? {}
      : { signedAtSeconds: chosen.entry.integratedTimeSeconds, logIndex: chosen.entry.logIndex }),
  }
}
