import { realpath, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { bytesEqual, utf8, type Files } from '../../base/index.ts'
import { amendPolicy, type AmendedPolicy, type SealedFile } from '../../verify/index.ts'
import type { FileOutcome } from '../verify/index.ts'
import { policyErrors } from './errors.ts'
import type { PolicyPlan } from './plan.ts'

export interface PolicyProposal extends AmendedPolicy {
  readonly path: string
  /** As the file was when it was read; undefined where there was none. */
  readonly before: Uint8Array | undefined
}

/** Above what a policy may have: its reader says so. */
const MAX_BYTES = 1 << 20

/** Nothing is written. Every outcome must be verified. Throws as `amendPolicy`, and `host.file`. */
export async function proposePolicy(
  outcomes: readonly FileOutcome[],
  { output: path, tags }: PolicyPlan,
  files: Pick<Files, 'readIfThere'>,
): Promise<PolicyProposal> {
  const before = await files.readIfThere(path, MAX_BYTES)
  return { path, before, ...(await amendPolicy(outcomes.map(sealedFile), { before, path, tags })) }
}

function sealedFile({ file, verified, verdicts = [] }: FileOutcome): SealedFile {
  const seals = verdicts.flatMap(({ verified: holds, identity, has }) =>
    holds && identity !== undefined && has !== undefined ? [{ identity, has }] : [],
  )
  if (!verified || seals.length === 0 || seals.length !== verdicts.length)
    throw new Error(`a rule is made of ${file}, which is not verified`)
  return { fileName: basename(file), seals }
}

/** Whole or not at all, and only over the file that was read. Throws `client.policy-changed`, `host.file`. */
export async function writePolicy(
  { path, before, text }: PolicyProposal,
  files: Pick<Files, 'readIfThere' | 'writeAtomic'>,
): Promise<void> {
  const now = await files.readIfThere(path, MAX_BYTES)
  const isSame = now === undefined || before === undefined ? now === before : bytesEqual(now, before)
  if (!isSame) throw policyErrors('client.policy-changed', `${path} was changed in the meantime`)
  if (now === undefined) return files.writeAtomic(path, utf8(text))
  // What a link names is written, and keeps its mode.
  const { mode } = await stat(path)
  await files.writeAtomic(await realpath(path), utf8(text), mode & 0o777)
}
