import type { LogEntry } from '../formats/sigstore/index.ts'
import { verifySeal } from '../verify/index.ts'
import { certify, checkVerdict, signerPolicy, type Certified, type SigningRequest } from './certify.ts'
import { inParallel, MAX_PARALLEL } from './in-parallel.ts'
import { proposalFor } from './proposal.ts'
import type { TimestampSource } from './ports.ts'

export interface Blob {
  /** For messages only. */
  readonly name: string
  readonly sha256: Uint8Array
  /** The file itself, where it is at hand: it is signed faster than its digest alone. */
  readonly bytes?: Uint8Array
}

export interface SignRequest<Signed extends Blob = Blob> extends SigningRequest {
  readonly blobs: readonly Signed[]
  /** Where it is given, every signature is stamped. */
  readonly timestamps?: TimestampSource
}

export interface SignedBlob<Signed extends Blob = Blob> {
  readonly blob: Signed
  /** ECDSA, DER. */
  readonly signature: Uint8Array
  /** DER, leaf first; the same for all blobs of one call. */
  readonly chain: readonly Uint8Array[]
  /** The first of the chain. */
  readonly leaf: Uint8Array
  readonly entry: LogEntry
  /** DER TimeStampResp over the signature. */
  readonly timestamp?: Uint8Array
}

/**
 * Seals of all blobs, in their order: one key, one certificate, one log entry each. All or nothing for the caller; what
 * was logged before a failure stays in the log, which is what logs are for. Throws `sign.…` and what the services said.
 */
export async function signBlobs<Signed extends Blob>(
  request: SignRequest<Signed>,
): Promise<readonly SignedBlob<Signed>[]> {
  const certified = request.certified ?? (await certify(request))
  return inParallel(request.blobs, MAX_PARALLEL, async (blob) => {
    const signed = await seal(blob, certified, request)
    request.onEach?.()
    return signed
  })
}

async function seal<Signed extends Blob>(
  blob: Signed,
  { key, chain, leaf }: Certified,
  request: SignRequest<Signed>,
): Promise<SignedBlob<Signed>> {
  const signature = blob.bytes === undefined ? await key.signDigest(blob.sha256) : key.signBytes(blob.bytes)
  const [entry, timestamp] = await Promise.all([
    request.log.append(proposalFor({ sha256: blob.sha256, signature, certificate: leaf })),
    request.timestamps?.stamp(signature),
  ])
  const { trustRoot } = request
  const timestamps = timestamp === undefined ? [] : [timestamp]
  if (trustRoot !== undefined) {
    const newSeal = { signature, certificate: leaf, entries: [entry], timestamps }
    const verdict = verifySeal({ artifact: blob, seal: newSeal, trustRoot, policy: signerPolicy(leaf) })
    checkVerdict(verdict, `the new seal of ${blob.name}`)
  }
  return { blob, signature, chain, leaf, entry, ...(timestamp === undefined ? {} : { timestamp }) }
}
