import { basename } from 'node:path'
import { WheelsealError } from '../../base/index.ts'
import { otherSdistName, parseFileName } from '../../formats/python/index.ts'
import { readPolicy, type Policy, type PolicyFile } from '../../verify/index.ts'
import type { VerifyIo } from './io.ts'
import { judgeTarget } from './judge-target.ts'
import { refusal, type FileOutcome } from './outcome.ts'
import type { Expectation, Target, VerifyPlan } from './plan.ts'
import type { Prepared } from './prepared.ts'
import { readKey, sealReader, trustRootReader } from './readers.ts'
import { findBeside, readNamed, type SealFiles } from './seal-files.ts'
import { loadTrust } from './trust-start.ts'

const MAX_KEY_BYTES = 64 << 10
const MAX_POLICY_BYTES = 1 << 20
/** Reading of large files and answers of logs overlap; the checks themselves take one core. */
const AT_ONCE = 4

/** Throws what makes every target a refusal: `client.verify-…`, `verify.policy-file`, `net.…`, `host.file`. */
export async function prepare(plan: VerifyPlan, io: VerifyIo): Promise<Prepared> {
  const expectedOf = await loadExpectation(plan.expectation, io)
  const start = await loadTrust(plan, io, trustRootReader)
  return { plan, io, start, expectedOf, reader: sealReader, sealsOf: sealsOf(plan, io) }
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

/** A seal that was named is of all targets, and read once. */
function sealsOf({ seal }: VerifyPlan, { files }: VerifyIo): Prepared['sealsOf'] {
  if (seal.kind === 'beside') return (target) => findBeside(target, seal, files)
  let named: Promise<SealFiles> | undefined
  const read = async (): Promise<SealFiles> => ({ seals: [await readNamed(seal, files)], notChecked: [] })
  return () => (named ??= read())
}

async function loadExpectation(expectation: Expectation, io: VerifyIo): Promise<Prepared['expectedOf']> {
  if (expectation.kind === 'policy') return () => ({ policy: expectation.policy })
  const { kind, path } = expectation
  if (kind === 'key') {
    const key = readKey(await io.files.read(path, MAX_KEY_BYTES), path)
    return () => ({ key })
  }
  const file = await readPolicy(await io.files.read(path, MAX_POLICY_BYTES), path)
  return (target) => ({ policy: policyFor(target, file) })
}

/** The package is what the name of the file says; what is no distribution is on no list. */
function policyFor(target: Target, file: PolicyFile): Policy {
  const fileName = target.kind === 'file' ? basename(target.path) : target.text
  try {
    const parsed = parseFileName(fileName)
    const other = otherSdistName(parsed)
    if (other === undefined) return file.policyFor(parsed.name)
    return {
      anyOf: [],
      refusal: `${fileName} is ambiguous: the package is ${parsed.name} or ${other}`,
    }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return { anyOf: [], refusal: error.message }
  }
}

async function verifyTarget(target: Target, prepared: Prepared): Promise<FileOutcome> {
  const file = target.kind === 'file' ? target.path : target.text
  try {
    return { file, ...(await judgeTarget(target, prepared)) }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return { file, ...refusal(file, error), checks: [], seal: [], notChecked: [] }
  }
}
