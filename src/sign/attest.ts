import type { JsonValue } from '../base/index.ts'
import {
  dsseSignedBytes,
  formatAttestation,
  formatStatement,
  IN_TOTO,
  PROVENANCE_V1,
  PUBLISH_V1,
  sealedEnvelope,
  type LogEntry,
} from '../formats/sigstore/index.ts'
import { certificatePem } from '../formats/x509/index.ts'
import { verifyBundle, type TrustRoot } from '../verify/index.ts'
import {
  certify,
  checkVerdict,
  identityOf,
  signerPolicy,
  type Certified,
  type SigningRequest,
} from './certify.ts'
import { inParallel, MAX_PARALLEL } from './in-parallel.ts'
import { provenanceOf } from './provenance.ts'

/** A wheel or an sdist. */
export interface AttestedFile {
  /** Without a folder. An index compares it with the name that is uploaded, character by character. */
  readonly fileName: string
  readonly sha256: Uint8Array
}

export type AttestationKind = 'publish' | 'provenance'

export interface AttestRequest<Attested extends AttestedFile = AttestedFile> extends SigningRequest {
  readonly files: readonly Attested[]
  readonly kinds: readonly AttestationKind[]
}

/** One attestation of PEP 740. */
export interface NewAttestation<Attested extends AttestedFile = AttestedFile> {
  readonly file: Attested
  readonly kind: AttestationKind
  readonly predicateType: string
  readonly json: JsonValue
  readonly entry: LogEntry
}

interface Predicate {
  readonly kind: AttestationKind
  readonly predicateType: string
  readonly predicate: JsonValue
}

/**
 * The attestations of each file, in the order of files and kinds: one key, one certificate, one log entry for each. All
 * or nothing for the caller, as `signBlobs`. Throws `sign.…` and what the services said.
 */
export async function attestFiles<Attested extends AttestedFile>(
  request: AttestRequest<Attested>,
): Promise<readonly NewAttestation<Attested>[]> {
  const certified = request.certified ?? (await certify(request))
  const predicates = request.kinds.map((kind) => predicateOf(kind, certified.leaf))
  const wanted = request.files.flatMap((file) => predicates.map((predicate) => ({ file, predicate })))
  return inParallel(wanted, MAX_PARALLEL, async (one) => {
    const attestation = await attest(one, certified, request)
    request.onEach?.()
    return attestation
  })
}

/** The same for all files: nothing in it is about one of them. */
function predicateOf(kind: AttestationKind, leaf: Uint8Array): Predicate {
  if (kind === 'publish') return { kind, predicateType: PUBLISH_V1, predicate: null }
  return { kind, predicateType: PROVENANCE_V1, predicate: provenanceOf(identityOf(leaf)) }
}

interface Wanted<Attested> {
  readonly file: Attested
  readonly predicate: Predicate
}

async function attest<Attested extends AttestedFile>(
  { file, predicate: about }: Wanted<Attested>,
  { key, leaf }: Certified,
  { log, trustRoot }: SigningRequest,
): Promise<NewAttestation<Attested>> {
  const { kind, predicateType, predicate } = about
  const { fileName, sha256 } = file
  const payload = formatStatement({ fileName, sha256, predicateType, predicate })
  const envelope = { payload, payloadType: IN_TOTO }
  const signature = key.signBytes(dsseSignedBytes(envelope))
  const entry = await log.append(sealedEnvelope(envelope, { signature, publicKeyPem: certificatePem(leaf) }))
  const entries = [{ ...entry, kindVersion: 'dsse 0.0.1' }]
  const made = {
    file,
    kind,
    predicateType,
    entry,
    json: formatAttestation({ certificate: leaf, envelope, signature, entries }),
  }
  if (trustRoot !== undefined) check(made, leaf, trustRoot)
  return made
}

/** As it will be read: from its text. */
function check({ file, kind, json }: NewAttestation, leaf: Uint8Array, trustRoot: TrustRoot): void {
  const bundle = JSON.stringify(json)
  const verdict = verifyBundle({ bundle, artifact: file, trustRoot, policy: signerPolicy(leaf) })
  checkVerdict(verdict, `the new ${kind} attestation of ${file.fileName}`)
}
