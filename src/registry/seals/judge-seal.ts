import { printableAscii, WheelsealError, type JsonValue } from '../../base/index.ts'
import {
  explainDistribution,
  explainRefusal,
  readSealFile,
  verifyDistribution,
  verifyErrors,
  type Artifact,
  type Check,
  type DistributionVerdict,
  type FoundSeal,
  type Judged,
  type Policy,
  type SealFile,
  type Verdict,
} from '../../verify/index.ts'
import type { SealParts } from '../../formats/sigstore/index.ts'
import type { ConfiguredRoot } from './parts.ts'
import type { SealOutcome } from './store.ts'

/** One seal of one distribution, and who may have made it. */
export interface SealQuestion {
  readonly fileName: string
  /** With all that these seals need to know of the file. */
  readonly artifactFor: (seals: readonly SealParts[]) => Promise<Artifact>
  readonly policy: Policy
  /** As people know them. */
  readonly paths: readonly string[]
  readonly found: FoundSeal
}

export interface JudgedSeal {
  readonly outcome: SealOutcome
  /** It holds, or may hold, for some signer. */
  readonly isSound: boolean
  readonly report: SealReport
}

/** What is said of a seal: the words of `wheelseal verify`. */
export interface SealReport {
  readonly verified: boolean
  readonly reason: string
  readonly message: string
  readonly hint?: string
  readonly signer?: SealSigner
  readonly signedAtSeconds?: number
  readonly logIndex?: number
  readonly checks: readonly { readonly [member: string]: JsonValue }[]
}

export interface SealSigner {
  readonly identity: string
  readonly issuer: string
  /** Of Fulcio's extensions, by their names. */
  readonly claims: Readonly<Record<string, string>>
}

/** What depends on who was expected, and on nothing in the seal alone. */
const OF_THE_POLICY: ReadonlySet<string> = new Set(['identity', 'issuer', 'claims', 'attestation', 'policy'])
/** What a log is not asked for: bytes that are no signature of the file by a certificate of the trust root. */
const BEFORE_THE_LOG: ReadonlySet<string> = new Set(
  'bundle certificate key code-signing chain sct signature'.split(' '),
)
/** A file beside one distribution holds its own seals: a provenance object at most these. */
const MAX_SEALS = 8

/** Never throws for what stands in the seal. Where no root verifies it, the report is that of the one that came closest. */
export async function judgeSealUnder(
  roots: readonly ConfiguredRoot[],
  question: SealQuestion,
): Promise<JudgedSeal> {
  let closest: JudgedSeal | undefined
  try {
    const file = readOne(question)
    const artifact = await question.artifactFor(file.seals)
    for (const root of roots) {
      const judged = await judgeUnder(root, { ...question, artifact }, file)
      if (judged.outcome === 'verified') return judged
      const isCloser = closest === undefined || (judged.isSound && !closest.isSound)
      if (isCloser) closest = judged
    }
  } catch (error) {
    // What is wrong with the server says nothing of the seal.
    if (!(error instanceof WheelsealError) || error.status >= 500) throw error
    return { outcome: 'refused', isSound: false, report: refusalReport(question.fileName, error) }
  }
  if (closest === undefined) throw new Error('the server has no trust root')
  return closest
}

function readOne({ paths, found }: SealQuestion): SealFile {
  const file = readSealFile(paths, found)
  const name = paths.join(', ')
  if (file.layout !== 'one object')
    throw verifyErrors('verify.no-seal', `${name} has several bundles, one a line`)
  if (!file.seals.every((seal) => isOfKind(found.kind, seal)))
    throw verifyErrors('verify.no-seal', `${name} has the form of another kind of seal`)
  if (file.seals.length <= MAX_SEALS) return file
  throw verifyErrors('verify.no-seal', `${name} has ${file.seals.length} attestations, at most ${MAX_SEALS}`)
}

/** Whoever reads a file by its ending reads no other form, and what verifies is served to them. */
function isOfKind(kind: FoundSeal['kind'], { format }: SealParts): boolean {
  return kind === 'pair' || (format === 'pep 740 attestation') === (kind === 'provenance')
}

async function judgeUnder(
  { trustRoot, logEntries }: ConfiguredRoot,
  question: Pick<SealQuestion, 'fileName' | 'policy'> & { readonly artifact: Artifact },
  file: SealFile,
): Promise<JudgedSeal> {
  const { artifact, fileName, policy } = question
  const judging = { artifact, fileName, expected: { policy }, trustRoot }
  const askLog = async (seal: SealParts) => {
    const { verdict } = (await verifyDistribution({ ...judging, sealFiles: [file], askLog: nobody })).decides
    return isWorthAsking(verdict) ? logEntries.find(seal, artifact.sha256) : { entries: [] }
  }
  const found = await verifyDistribution({ ...judging, sealFiles: [file], askLog })
  const all = found.decidesIn.verdicts
  return {
    outcome: outcomeOf(found.decides),
    isSound: all.every(isSound),
    report: reportOf(fileName, found),
  }
}

const nobody = async () => ({ entries: [] })

function isWorthAsking({ checks }: Verdict): boolean {
  return checks.every(
    ({ name, outcome }) => !BEFORE_THE_LOG.has(name) || outcome === 'passed' || outcome === 'not-applicable',
  )
}

/** A log that did not answer leaves open what the seal is worth; a log that has no entry says it. */
function outcomeOf({ verdict, noEntry }: Judged): SealOutcome {
  if (verdict.verified) return 'verified'
  return noEntry === undefined ? 'refused' : 'undecided'
}

function isSound(judged: Judged): boolean {
  if (judged.verdict.verified || judged.noEntry !== undefined) return true
  return judged.verdict.checks.every(
    ({ name, outcome }) => OF_THE_POLICY.has(name) || outcome === 'passed' || outcome === 'not-applicable',
  )
}

const MAX_TEXT = 600

function reportOf(fileName: string, found: DistributionVerdict): SealReport {
  const { verdict } = found.decides
  const { identity, signedAtSeconds, logIndex, checks } = verdict
  return {
    ...explainDistribution(fileName, found),
    ...(identity === undefined
      ? {}
      : {
          signer: {
            identity: short(identity.san),
            issuer: short(identity.issuer),
            claims: Object.fromEntries(
              Object.entries(identity.extensions).map(([name, text]) => [name, short(text)]),
            ),
          },
        }),
    ...(signedAtSeconds === undefined ? {} : { signedAtSeconds }),
    ...(logIndex === undefined ? {} : { logIndex }),
    checks: checks.map(checkReport),
  }
}

function checkReport({ name, outcome, reason, expected, found }: Check): SealReport['checks'][number] {
  const compared = { ...(expected && { expected: short(expected) }), ...(found && { found: short(found) }) }
  return { name, outcome, reason: short(reason), ...compared }
}

export function refusalReport(fileName: string, error: WheelsealError): SealReport {
  return { ...explainRefusal(fileName, error), checks: [] }
}

/** An enemy wrote it, and it is kept. */
function short(text: string): string {
  return printableAscii(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text)
}
