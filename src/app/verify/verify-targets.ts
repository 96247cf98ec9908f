import { basename } from 'node:path'
import { encodeHex, WheelsealError } from '../../base/index.ts'
import { parseFileName } from '../../formats/python/index.ts'
import {
  readPolicy,
  verdictHint,
  verdictSentence,
  verifySeal,
  type Policy,
  type PolicyFile,
  type Seal,
  type Verdict,
} from '../../verify/index.ts'
import { appVerifyErrors } from './errors.ts'
import { hashFile } from './hash.ts'
import type { VerifyIo } from './io.ts'
import type { FileOutcome } from './outcome.ts'
import type { Expectation, Target, VerifyPlan } from './plan.ts'
import { sealReader, trustRootReader, type SealReader, type TrustStart } from './readers.ts'
import { findSeal } from './seal-files.ts'
import { loadTrust } from './trust-start.ts'

/** What all targets share. */
export interface Prepared {
  readonly plan: VerifyPlan
  readonly io: VerifyIo
  readonly start: TrustStart
  readonly policyOf: (target: Target) => Policy
  readonly reader: SealReader
}

const MAX_POLICY_BYTES = 1 << 20
/** Reading of files and answers of logs overlap; the checks themselves take one core. */
const AT_ONCE = 4

/** Throws what makes every target a refusal: `app.verify-…`, `verify.policy-file`, `net.…`, `host.file`. */
export async function prepare(plan: VerifyPlan, io: VerifyIo): Promise<Prepared> {
  const policyOf = await loadExpectation(plan.expectation, io)
  const start = await loadTrust(plan, io, trustRootReader)
  return { plan, io, start, policyOf, reader: sealReader }
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

async function loadExpectation(expectation: Expectation, io: VerifyIo): Promise<Prepared['policyOf']> {
  if (expectation.kind === 'policy') return () => expectation.policy
  if (expectation.kind === 'key')
    throw appVerifyErrors('app.verify-unsupported-seal', 'signatures of managed keys cannot be verified yet')
  const { path } = expectation
  const file = await readPolicy(await io.files.read(path, MAX_POLICY_BYTES), path)
  return (target) => policyFor(target, file)
}

/** The package is what the name of the file says; what is no distribution is on no list. */
function policyFor(target: Target, file: PolicyFile): Policy {
  const fileName = target.kind === 'file' ? basename(target.path) : target.text
  try {
    return file.policyFor(parseFileName(fileName).name)
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return { anyOf: [], refusal: error.message }
  }
}

async function verifyTarget(target: Target, prepared: Prepared): Promise<FileOutcome> {
  const file = target.kind === 'file' ? target.path : target.text
  try {
    return { file, ...(await judge(target, prepared)) }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return { file, ...refusal(file, error), checks: [], seal: [] }
  }
}

async function judge(target: Target, prepared: Prepared): Promise<Omit<FileOutcome, 'file'>> {
  const { plan, io, reader } = prepared
  const sha256 = target.kind === 'file' ? await hashFile(target.path, io.files) : target.sha256
  const { found, paths } = await findSeal(target, plan.seal, io.files)
  const verdicts: Judged[] = []
  for (const seal of reader.read(found)) {
    const isLogAsked = found.kind === 'pair' && seal.entries.length === 0
    const subject = { sha256, seal, policy: prepared.policyOf(target) }
    verdicts.push(await (isLogAsked ? judgeAsked(subject, prepared) : judgeSeal(subject, prepared)))
  }
  const [first] = verdicts
  const decides = verdicts.find(({ verdict }) => !verdict.verified) ?? first
  if (decides === undefined)
    throw appVerifyErrors('app.verify-no-seal', `${paths.join(', ')} holds no signature`)
  return { sha256: encodeHex(sha256), seal: paths, ...described(decides, target) }
}

interface Subject {
  readonly sha256: Uint8Array
  readonly seal: Seal
  readonly policy: Policy
}

interface Judged {
  readonly verdict: Verdict
  readonly askedLog?: string
  /** Why there is no entry; says it better than the check `logged`. */
  readonly noEntry?: WheelsealError
}

function judgeSeal({ sha256, seal, policy }: Subject, { start }: Prepared): Judged {
  return { verdict: verifySeal({ artifact: { sha256 }, seal, trustRoot: start.trustRoot, policy }) }
}

async function judgeAsked(subject: Subject, prepared: Prepared): Promise<Judged> {
  const { plan, io, start } = prepared
  if (plan.network === 'none') {
    const fact = 'its log entry is not in the seal, and with --offline nobody is asked for it'
    return { ...judgeSeal(subject, prepared), noEntry: appVerifyErrors('app.verify-offline', fact) }
  }
  // Loaded here: a seal that holds its entry needs nobody.
  const { askLogs } = await import('./log-entries.ts')
  const asked = await askLogs(subject.seal, { sha256: subject.sha256, logUrls: start.logUrls, io })
  return {
    ...judgeSeal({ ...subject, seal: asked.seal }, prepared),
    askedLog: asked.askedLog,
    ...(asked.refusal === undefined ? {} : { noEntry: asked.refusal }),
  }
}

function described({ verdict, askedLog, noEntry }: Judged, target: Target): Described {
  const name = target.kind === 'file' ? target.path : target.text
  const log = askedLog === undefined ? {} : { askedLog }
  const common = { verdict, checks: verdict.checks, ...log }
  if (verdict.verified)
    return { ...common, verified: true, reason: '', message: verdictSentence(verdict, name) }
  if (verdict.reason === 'verify.logged' && noEntry !== undefined)
    return { ...common, ...refusal(name, noEntry) }
  const { reason } = verdict
  return {
    ...common,
    verified: false,
    reason,
    message: verdictSentence(verdict, name),
    hint: verdictHint(verdict) ?? '',
  }
}

type Described = Omit<FileOutcome, 'file' | 'sha256' | 'seal'>

function refusal(
  name: string,
  { code, message, hint }: WheelsealError,
): Pick<FileOutcome, 'verified' | 'reason' | 'message' | 'hint'> & { readonly verified: false } {
  const fact = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message
  return { verified: false, reason: code, message: `${name} is refused: ${fact} [${code}]`, hint }
}
