import { utf8Decode, WheelsealError } from '../../base/index.ts'
import type { LoggedEntry } from '../../formats/sigstore/index.ts'
import {
  checkLines,
  verdictHint,
  verdictSentence,
  verifySeal,
  type TrustRoot,
  type Verdict,
} from '../../verify/index.ts'
import { moreLine } from '../terminal.ts'
import { timestampAuthoritiesFrom } from './chains.ts'
import { REKOR_URL } from './defaults.ts'
import { cosignErrors } from './errors.ts'
import { policyOf } from './expectation.ts'
import { textOf, type Arguments } from './flag-values.ts'
import { checkReference, hashFile } from './hash-file.ts'
import type { CosignIo } from './io.ts'
import { readSeal, type SealInput } from './seal-input.ts'
import { tell } from './tell.ts'
import { readTrust } from './trust-root.ts'

const MAX_PEM_BYTES = 256 << 10

/** Whether the file is verified; what there is to say is said. The verdict is that of `wheelseal verify`. */
export async function verifyBlob(given: Arguments, io: CosignIo): Promise<boolean> {
  const [path] = given.operands
  if (path === undefined || given.operands.length > 1)
    throw cosignErrors('cosign.usage', `accepts 1 arg(s), received ${given.operands.length}`)
  const policy = await policyOf(given)
  const seal = await readSeal(given, io)
  const trustRoot = await withTimestampChain(await readTrust(given, io), seal, { given, io })
  // cosign hashes with SHA-256 whatever the key; only its new bundles know other digests.
  const algorithms = new Set(isNew(seal) ? (['sha384', 'sha512'] as const) : [])
  const artifact = await hashFile(path, algorithms, io)
  const found = await findEntries(seal, artifact.sha256, { given, io })
  const verdict = verifySeal({ artifact, seal: { ...seal, entries: found.entries }, trustRoot, policy })
  if (!verdict.verified && verdict.reason === 'verify.logged' && found.refusal !== undefined)
    throw found.refusal
  render(verdict, path, io)
  return verdict.verified
}

interface Call {
  readonly given: Arguments
  readonly io: CosignIo
}

function isNew({ format }: SealInput): boolean {
  return format !== undefined && format !== 'cosign bundle'
}

/** Timestamps beside an old seal are verified by the chain that is given, and by nothing else. */
async function withTimestampChain(
  trustRoot: TrustRoot,
  seal: SealInput,
  { given, io }: Call,
): Promise<TrustRoot> {
  const path = textOf(given, 'timestamp-certificate-chain')
  if (path === undefined) return trustRoot
  checkReference(path)
  const pem = utf8Decode(await io.files.read(path, MAX_PEM_BYTES))
  return { ...trustRoot, timestampAuthorities: timestampAuthoritiesFrom(pem, seal.timestamps ?? []) }
}

interface FoundEntries {
  readonly entries: readonly LoggedEntry[]
  /** A log refuses a signature that is not over the digest; then our own checks say better what is wrong. */
  readonly refusal?: WheelsealError
}

async function findEntries(seal: SealInput, sha256: Uint8Array, { given, io }: Call): Promise<FoundEntries> {
  // A bundle holds its entry, or is refused by the verdict.
  if (seal.format !== undefined) return { entries: seal.entries }
  if (given.switches.get('offline') === true)
    return { entries: [], refusal: cosignErrors('cosign.offline', 'offline verification failed') }
  // Loaded here: a bundle needs nobody.
  const { createRekorClient } = await import('../../net/index.ts')
  const { proposalFor } = await import('../../sign/index.ts')
  const log = createRekorClient({ ...io, url: given.texts.get('rekor-url') ?? REKOR_URL })
  try {
    const { signature, certificate } = seal
    return { entries: await log.find(proposalFor({ sha256, signature, certificate })) }
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'net.refused')
      return { entries: [], refusal: error }
    throw error
  }
}

function render(verdict: Verdict, path: string, io: CosignIo): void {
  const sentence = verdictSentence(verdict, path)
  if (verdict.verified) {
    tell(io, 'Verified OK', sentence)
    return
  }
  const hint = `hint: ${verdictHint(verdict) ?? ''}`
  tell(io, `Error: ${sentence}`, ...checkLines(verdict), hint, moreLine(verdict.reason, io.env))
}
