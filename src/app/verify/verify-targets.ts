import { basename } from 'node:path'
import { encodeHex, WheelsealError } from '../../base/index.ts'
import { otherSdistName, parseFileName } from '../../formats/python/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import {
  readPolicy,
  verdictHint,
  verdictSentence,
  verifyBundle,
  verifySeal,
  type Artifact,
  type Policy,
  type PolicyFile,
  type Verdict,
} from '../../verify/index.ts'
import { artifactOf } from './artifact.ts'
import { appVerifyErrors } from './errors.ts'
import type { VerifyIo } from './io.ts'
import type { FileOutcome } from './outcome.ts'
import type { Expectation, Target, VerifyPlan } from './plan.ts'
import {
  readKey,
  sealReader,
  sealText,
  trustRootReader,
  type FoundSeal,
  type SealReader,
  type TrustStart,
} from './readers.ts'
import { findSeal } from './seal-files.ts'
import { loadTrust } from './trust-start.ts'

/** Who must have signed a target: somebody whom the policy lets, or the managed key. */
type Expected = { readonly policy: Policy } | { readonly key: Uint8Array }

/** What all targets share. */
export interface Prepared {
  readonly plan: VerifyPlan
  readonly io: VerifyIo
  readonly start: TrustStart
  readonly expectedOf: (target: Target) => Expected
  readonly reader: SealReader
}

const MAX_KEY_BYTES = 64 << 10
const MAX_POLICY_BYTES = 1 << 20
/** Reading of large files and answers of logs overlap; the checks themselves take one core. */
const AT_ONCE = 4

/** Throws what makes every target a refusal: `app.verify-…`, `verify.policy-file`, `net.…`, `host.file`. */
export async function prepare(plan: VerifyPlan, io: VerifyIo): Promise<Prepared> {
  const expectedOf = await loadExpectation(plan.expectation, io)
  const start = await loadTrust(plan, io, trustRootReader)
  return { plan, io, start, expectedOf, reader: sealReader }
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
      refusal: `${fileName} may be of ${parsed.name} or of ${other}: two rules could decide`,
    }
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
  const { found, paths } = await findSeal(target, plan.seal, io.files)
  const expected = prepared.expectedOf(target)
  const seals = readSeals(found, reader)
  // A bundle can be one too, of an attestation.
  if (found.kind === 'provenance' && seals?.some(({ envelope }) => envelope === undefined) === true)
    throw appVerifyErrors('app.verify-no-seal', `${paths.join(', ')} is a signature, and no attestation`, {
      hint: 'name it with --bundle',
    })
  const artifact = await artifactOf(target, { seals: seals ?? [], io, ...expected })
  const decides =
    seals === undefined
      ? judgeUnreadable(found, { artifact, expected }, prepared)
      : await judgeAll(seals, { artifact, expected, found }, prepared)
  if (decides === undefined)
    throw appVerifyErrors('app.verify-no-seal', `${paths.join(', ')} holds no signature`)
  const count = seals === undefined || seals.length < 2 ? {} : { attestations: seals.length }
  return { sha256: encodeHex(artifact.sha256), seal: paths, ...count, ...described(decides, target) }
}

/** Undefined for a file that holds no seal that can be read; its verdict says what is wrong with it. */
function readSeals(found: FoundSeal, reader: SealReader): readonly SealParts[] | undefined {
  try {
    return reader.read(found)
  } catch (error) {
    if (found.kind === 'pair' || !(error instanceof WheelsealError)) throw error
    return undefined
  }
}

function judgeUnreadable(
  found: FoundSeal,
  { artifact, expected }: Omit<Subject, 'seal'>,
  { start }: Prepared,
): Judged {
  // The text that was just refused, read in no other way: or what was not understood would be verified after all.
  const bundle = found.kind === 'pair' ? '' : sealText(found.bytes)
  return { verdict: verifyBundle({ bundle, artifact, trustRoot: start.trustRoot, ...expected }) }
}

/** The first that is refused, else the first. */
async function judgeAll(
  seals: readonly SealParts[],
  { found, ...of }: Omit<Subject, 'seal'> & { readonly found: FoundSeal },
  prepared: Prepared,
): Promise<Judged | undefined> {
  const judged: Judged[] = []
  for (const seal of seals) {
    const subject = { ...of, seal }
    judged.push(await (found.kind === 'pair' ? judgeAsked(subject, prepared) : judgeSeal(subject, prepared)))
  }
  return judged.find(({ verdict }) => !verdict.verified) ?? judged[0]
}

interface Subject {
  readonly artifact: Artifact
  readonly seal: SealParts
  readonly expected: Expected
}

interface Judged {
  readonly verdict: Verdict
  readonly askedLog?: string
  /** With the entry of that log. */
  readonly askedSeal?: SealParts
  /** Why there is no entry; says it better than the check `logged`. */
  readonly noEntry?: WheelsealError
}

function judgeSeal({ artifact, seal, expected }: Subject, { start }: Prepared): Judged {
  return { verdict: verifySeal({ artifact, seal, trustRoot: start.trustRoot, ...expected }) }
}

async function judgeAsked(subject: Subject, prepared: Prepared): Promise<Judged> {
  const { plan, io, start } = prepared
  if (plan.network === 'none') {
    const fact = 'its log entry is not in the seal, and with --offline nobody is asked for it'
    return { ...judgeSeal(subject, prepared), noEntry: appVerifyErrors('app.verify-offline', fact) }
  }
  // Loaded here: a seal that holds its entry needs nobody.
  const { askLogs } = await import('./log-entries.ts')
  const key = 'key' in subject.expected ? { key: subject.expected.key } : {}
  const { sha256 } = subject.artifact
  const asked = await askLogs(subject.seal, { sha256, logUrls: start.logUrls, io, ...key })
  return {
    ...judgeSeal({ ...subject, seal: asked.seal }, prepared),
    ...(asked.askedLog === undefined ? {} : { askedLog: asked.askedLog, askedSeal: asked.seal }),
    ...(asked.refusal === undefined ? {} : { noEntry: asked.refusal }),
  }
}

function described({ verdict, askedLog, askedSeal, noEntry }: Judged, target: Target): Described {
  const name = target.kind === 'file' ? target.path : target.text
  const log = askedLog === undefined ? {} : { askedLog }
  const common = { verdict, checks: verdict.checks, ...log }
  if (verdict.verified) {
    const seal = askedSeal === undefined ? {} : { loggedSeal: askedSeal }
    return { ...common, ...seal, verified: true, reason: '', message: verdictSentence(verdict, name) }
  }
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
