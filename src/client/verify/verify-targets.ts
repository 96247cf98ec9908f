import { basename } from 'node:path'
import { describeError, utf8Decode, WheelsealError } from '../../base/index.ts'
import { parsePublicKeyPem } from '../../formats/x509/index.ts'
import { explainRefusal, policyForFile, readPolicy, readSealFile } from '../../verify/index.ts'
import { clientVerifyErrors } from './errors.ts'
import type { VerifyIo } from './io.ts'
import { judgeTarget } from './judge-target.ts'
import type { FileOutcome } from './outcome.ts'
import type { Expectation, Target, VerifyPlan } from './plan.ts'
import type { Prepared, SealFiles } from './prepared.ts'
import { findBeside, readNamed, type FoundFiles } from './seal-files.ts'
import { loadTrust } from './trust-start.ts'

const MAX_KEY_BYTES = 64 << 10
const MAX_POLICY_BYTES = 1 << 20
/** Reading of large files and answers of logs overlap; the checks themselves take one core. */
const AT_ONCE = 4

/** Throws what makes every target a refusal: `client.verify-…`, `verify.policy-file`, `net.…`, `host.file`. */
export async function prepare(plan: VerifyPlan, io: VerifyIo): Promise<Prepared> {
  const expectedOf = await loadExpectation(plan.expectation, io)
  const start = await loadTrust(plan, io)
  return { plan, io, start, expectedOf, seals: 'all', sealsOf: sealsOf(plan, io) }
}

/** An outcome for each target, in their order; `onEach` is told of each as it is done. Never throws a refusal. */
export async function verifyTargets(prepared: Prepared, onEach: () => void): Promise<readonly FileOutcome[]> {
  const { targets } = prepared.plan
  const outcomes: FileOutcome[] = []
  const waiting = targets.entries()
  const work = async (): Promise<void> => {
    for (const [index, target] of waiting) {
      outcomes[index] = await verifyTarget(target, prepared)
      onEach()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return outcomes
}

/** A public key, PEM. Throws `client.verify-key`. */
function readKey(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return parsePublicKeyPem(utf8Decode(bytes))
  } catch (cause) {
    throw clientVerifyErrors('client.verify-key', `${path}: ${describeError(cause)}`, { cause })
  }
}

/** A seal that was named is of all targets, and read once. */
function sealsOf({ seal }: VerifyPlan, { files }: VerifyIo): Prepared['sealsOf'] {
  if (seal.kind === 'beside') return async (target) => readAll(await findBeside(target, seal, files))
  let named: Promise<SealFiles> | undefined
  const read = async (): Promise<SealFiles> =>
    readAll({ seals: [await readNamed(seal, files)], notChecked: [] })
  return () => (named ??= read())
}

function readAll({ seals, notChecked }: FoundFiles): SealFiles {
  return { sealFiles: seals.map(({ paths, found }) => readSealFile(paths, found)), notChecked }
}

async function loadExpectation(expectation: Expectation, io: VerifyIo): Promise<Prepared['expectedOf']> {
  if (expectation.kind === 'policy') return () => ({ policy: expectation.policy })
  const { kind, path } = expectation
  if (kind === 'key') {
    const key = readKey(await io.files.read(path, MAX_KEY_BYTES), path)
    return () => ({ key })
  }
  const file = await readPolicy(await io.files.read(path, MAX_POLICY_BYTES), path)
  return (target) => ({ policy: policyForFile(nameOf(target), file) })
}

function nameOf(target: Target): string {
  return target.kind === 'file' ? basename(target.path) : target.text
}

async function verifyTarget(target: Target, prepared: Prepared): Promise<FileOutcome> {
  const file = target.kind === 'file' ? target.path : target.text
  try {
    return { file, ...(await judgeTarget(target, prepared)) }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return { file, ...explainRefusal(file, error), checks: [], seal: [], notChecked: [] }
  }
}
