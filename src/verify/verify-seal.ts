import { sha256Hex } from '../base/index.ts'
import type { SealParts } from '../formats/sigstore/index.ts'
import type { Certificate } from '../formats/x509/index.ts'
import { checkAttestation } from './attestation/check-attestation.ts'
import {
  checkCertificate,
  checkChainAtTimes,
  checkCodeSigning,
  checkTime,
} from './certificate/check-certificate.ts'
import { checkIdentity, type IdentityFindings } from './identity/check-identity.ts'
import { checkKey } from './signature/check-key.ts'
import { checkPolicy } from './policy/check-policy.ts'
import { checkScts } from './certificate/check-sct.ts'
import { checkSignature } from './signature/check-signature.ts'
import { checkTimestamps } from './timestamp/check-timestamp.ts'
import { provedIndex } from './log/check-entry.ts'
import { checkEntries } from './log/choose-entry.ts'
import type { VerifyRequest } from './seal.ts'
import { notApplicable, passed, undecided, verdictOf, type Finding, type Verdict } from './verdict/verdict.ts'

/**
 * Evaluates all checks, also after one has failed. Follows cosign (`verify-blob`) and the Sigstore client
 * specification, and is stricter where they differ. Never throws for what stands in the seal.
 */
export function verifySeal(request: VerifyRequest): Verdict {
  const { artifact, seal, trustRoot } = request
  const signer = readSigner(request)
  const stamps = checkTimestamps(seal, trustRoot)
  const { chosen, timesSeconds, checkpoints, ...log } = checkEntries(seal, {
    sealed: { seal, artifact, spki: signer.spki },
    trustRoot,
    stampedSeconds: stamps.timesSeconds,
  })
  const times = [...stamps.timesSeconds, ...timesSeconds]
  const attestation = checkAttestation(seal, artifact)
  const has = {
    bundle: bringsProof(seal) && log.inclusion.outcome === 'passed',
    timestamp: stamps.timesSeconds.length > 0 && stamps.finding.outcome === 'passed',
    attestation: attestation.outcome === 'passed' && artifact.fileName !== undefined,
  }
  const findings = {
    bundle: checkFormat(request),
    key: checkKey(request),
    ...certificateFindings(request, signer, times),
    signature: checkSignature(signer.spki, seal, artifact),
    ...log,
    timestamp: stamps.finding,
    attestation,
    policy: checkPolicy(request.policy, has),
  }
  return verdictOf(findings, {
    ...signerFacts(request, signer),
    has,
    ...(times.length === 0 ? {} : { signedAtSeconds: Math.min(...times) }),
    ...(chosen === undefined ? {} : { logIndex: provedIndex(chosen) }),
    ...(checkpoints.length === 0 ? {} : { checkpoints }),
  })
}

/** In the seal itself, of all its entries: one that a log had to be asked for is not brought, and a promise is no proof. */
function bringsProof({ format = 'files', entries }: SealParts): boolean {
  return format !== 'files' && entries.every(({ inclusionProof }) => inclusionProof !== undefined)
}

function checkFormat({ seal: { format = 'files' } }: VerifyRequest): Finding {
  return format === 'files'
    ? notApplicable('not checked: signature and certificate are separate files')
    : passed(`a well-formed ${format}`)
}

interface Signer {
  readonly finding: Finding
  readonly certificate?: Certificate
  readonly about?: IdentityFindings
  /** What the signature must verify with. */
  readonly spki: Uint8Array | undefined
}

function readSigner({ seal, key, policy = { anyOf: [] } }: VerifyRequest): Signer {
  if (seal.certificate === undefined) return { finding: noCertificate(key), spki: key }
  const { finding, certificate } = checkCertificate(seal.certificate)
  if (certificate === undefined) return { finding, spki: undefined }
  const about = checkIdentity(certificate, key === undefined ? policy : undefined)
  return { finding, certificate, about, spki: certificate.spki }
}

function noCertificate(key: Uint8Array | undefined): Finding {
  return key === undefined
    ? undecided('not checked: the signature has no certificate')
    : notApplicable('not checked: signed with a key, without a certificate')
}

type CertificateChecks =
  | 'certificate'
  | 'code-signing'
  | 'chain'
  | 'sct'
  | 'identity'
  | 'issuer'
  | 'claims'
  | 'time'

function certificateFindings(
  { seal, trustRoot }: VerifyRequest,
  { finding, certificate, about }: Signer,
  timesSeconds: readonly number[],
): Record<CertificateChecks, Finding> {
  if (certificate === undefined || about === undefined) {
    const isKey = seal.certificate === undefined
    const absent = isKey ? finding : undecided('the certificate cannot be read')
    const time = isKey ? checkTime(undefined, timesSeconds) : absent
    return { ...withoutCertificate(absent), certificate: finding, time }
  }
  const unpromised = seal.entries.flatMap(({ unpromisedSeconds }) => unpromisedSeconds ?? [])
  const time = checkTime(certificate, timesSeconds, unpromised)
  const chainTimes = time.outcome === 'passed' ? timesSeconds : []
  const atTimes = [certificate.notBeforeSeconds, ...chainTimes]
  const { finding: chain, issuer } = checkChainAtTimes(certificate, trustRoot, atTimes)
  return {
    certificate: finding,
    'code-signing': checkCodeSigning(certificate),
    chain,
    sct: checkScts(certificate, trustRoot, issuer),
    identity: about.identity,
    issuer: about.issuer,
    claims: about.claims,
    time,
  }
}

function withoutCertificate(finding: Finding): Record<CertificateChecks, Finding> {
  return {
    certificate: finding,
    'code-signing': finding,
    chain: finding,
    sct: finding,
    identity: finding,
    issuer: finding,
    claims: finding,
    time: finding,
  }
}

function signerFacts(
  { key, seal }: VerifyRequest,
  { about }: Signer,
): Pick<Verdict, 'identity' | 'keySha256'> {
  if (key !== undefined && seal.certificate === undefined) return { keySha256: sha256Hex(key) }
  return about?.found === undefined ? {} : { identity: about.found }
}
