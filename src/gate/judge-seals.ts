import { decodeBase64, parseJson, utf8Decode, WheelsealError } from '../base/index.ts'
import type { SealParts } from '../formats/sigstore/index.ts'
import {
  ANYBODY,
  isAbout,
  neededDigests,
  readSealFile,
  verifyBundle,
  verifyErrors,
  verifySeal,
  type Artifact,
  type FoundSeal,
  type LogCheckpoint,
  type LogAnswer,
  type NeededDigests,
  type SealFile,
  type TrustRoot,
  type Verdict,
} from '../verify/index.ts'
import type { SealState, SealVerdict } from './facts.ts'
import { shownText } from './sentence-text.ts'
import type { StoredSeal } from './store.ts'

export type KnownBytes = Omit<Artifact, 'sha256' | 'fileName'>

export interface SealQuestion {
  readonly file: { readonly fileName: string; readonly sha256: string }
  readonly seals: readonly StoredSeal[]
  /** Of the upstream, never from what is verified. */
  readonly trustRoot: TrustRoot
  /** What is known of the bytes beside their SHA-256: what `needs` of an earlier answer asked for. */
  readonly known?: KnownBytes
  /** Asks for the log entry of a pair. */
  readonly askLog: (seal: SealParts) => Promise<LogAnswer>
}

/** With what it was verified by, which is no part of what is kept. */
export type JudgedVerdict = SealVerdict & { readonly checkpoints?: readonly LogCheckpoint[] }

/** What one seal is worth, whoever signed. */
export interface JudgedSeal {
  readonly sealSha256: string
  /** One for each attestation in it, at least one. */
  readonly verdicts: readonly JudgedVerdict[]
  /**
   * What must be known of the file for another answer than that it does not hold: such a verdict is not kept, or the file
   * would be refused for ever. Keys that sign more than SHA-256, and seals that name a second digest.
   */
  readonly needs?: NeededDigests
  /** A log did not say whether it has the entry: nothing is known, and nothing is kept. */
  readonly unreachable?: string
}

/** Each attestation costs a verification; honest objects have one or two. */
const MAX_ATTESTATIONS = 8

/** In the order of the seals. Never throws for what stands in a seal. */
export async function judgeSeals(question: SealQuestion): Promise<readonly JudgedSeal[]> {
  const judged: JudgedSeal[] = []
  for (const seal of question.seals) judged.push(await judgeOne(seal, question))
  return judged
}

/** What does not hold only says why a file is refused. */
const MAX_BROKEN = 16

/** All that was found for a file, as `facts` say it. */
export function sealStateOf(judged: readonly Omit<JudgedSeal, 'sealSha256'>[]): SealState {
  const all = judged.flatMap((one) => one.verdicts)
  const broken = all.filter(({ holds }) => !holds)
  const verdicts = [...all.filter(({ holds }) => holds), ...broken.slice(0, MAX_BROKEN)]
  const fact = judged.find(({ unreachable }) => unreachable !== undefined)?.unreachable
  if (fact !== undefined) return { kind: 'unreachable', fact, kept: verdicts }
  return verdicts.length === 0 ? { kind: 'unsigned' } : { kind: 'judged', verdicts }
}

async function judgeOne(stored: StoredSeal, question: SealQuestion): Promise<JudgedSeal> {
  const { sha256: sealSha256 } = stored
  try {
    const file = readSealFile([stored.source], foundSeal(stored))
    if (file.unreadable !== undefined)
      return { sealSha256, verdicts: [unreadable(file.unreadable, question)] }
    const { seals, left } = sealsOf(file, question)
    const needs = missingOf(neededDigests(seals), question)
    if (needs !== undefined) return { sealSha256, verdicts: [needsWhole('')], needs }
    if (stored.kind === 'pair') return { sealSha256, ...(await judgePair(seals, question)) }
    const verdicts = seals.map((seal) => verdictOn(seal, question))
    return { sealSha256, verdicts: left === 0 ? verdicts : [...verdicts, tooMany(seals.length + left)] }
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    const code = error.code.startsWith('verify.') ? error.code : 'verify.bundle'
    return { sealSha256, verdicts: [refused(code, error.message)] }
  }
}

/** Throws `base.json`, `base.encoding`, `verify.no-seal`. */
function foundSeal({ kind, bytes, source }: StoredSeal): FoundSeal {
  if (kind !== 'pair') return { kind, bytes }
  const json = parseJson(utf8Decode(bytes), { maxLength: 1 << 20, maxDepth: 2 })
  const { signature, certificate } = Object(json) as Readonly<Record<string, unknown>>
  if (typeof signature !== 'string' || typeof certificate !== 'string')
    throw verifyErrors('verify.no-seal', `${source} has no signature and certificate`)
  return { kind, signature: decodeBase64(signature), certificate: decodeBase64(certificate) }
}

/** At most eight, of those that are about this file where one file has the seals of several. */
function sealsOf(
  { seals, layout, paths }: SealFile,
  question: SealQuestion,
): { readonly seals: readonly SealParts[]; readonly left: number } {
  const about = layout === 'one object' ? seals : seals.filter((seal) => isAbout(seal, artifactOf(question)))
  if (about.length === 0)
    throw verifyErrors('verify.no-seal', `none of the seals in ${paths.join(', ')} is for the file`)
  const judged = about.slice(0, MAX_ATTESTATIONS)
  return { seals: judged, left: about.length - judged.length }
}

function artifactOf({ file: { sha256 }, known = {} }: SealQuestion): Artifact {
  return { sha256: new Uint8Array(Buffer.from(sha256, 'hex')), ...known }
}

/** What these seals ask for and nobody knows yet. */
function missingOf(needs: NeededDigests, { known = {} }: SealQuestion): NeededDigests | undefined {
  if (known.bytes !== undefined) return undefined
  const has = (name: string) =>
    name === 'sha256' || (name === 'sha384' ? known.sha384 : known.sha512) !== undefined
  const isEnough = !needs.isFileNeeded && [...needs.algorithms].every(has)
  return isEnough ? undefined : needs
}

/** Of a seal that no digest decides, and why the file is not read for it. */
export function needsWhole(why: string): SealVerdict {
  const fact = 'it can be checked with the whole file only, the SHA-256 is not enough'
  return refused('verify.signature', `${fact}${why}`)
}

function tooMany(count: number): SealVerdict {
  return refused('verify.bundle', `${count} attestations, only the first ${MAX_ATTESTATIONS} are checked`)
}

function unreadable(bundle: string, question: SealQuestion): SealVerdict {
  const { trustRoot } = question
  return sealVerdict(verifyBundle({ bundle, artifact: artifactOf(question), trustRoot, policy: ANYBODY }))
}

/**
 * PEP 740 binds the name of the file. Another statement may name its subject as it likes: it is judged with the name
 * first, so that the verdict tells whether it names the file, and else by the digest alone.
 */
function verdictOn(seal: SealParts, question: SealQuestion): JudgedVerdict {
  const { file, trustRoot } = question
  const artifact = artifactOf(question)
  const request = { seal, trustRoot, policy: ANYBODY }
  const named = verifySeal({ ...request, artifact: { ...artifact, fileName: file.fileName } })
  const isBound = seal.envelope === undefined || seal.format === 'pep 740 attestation'
  if (named.verified || isBound) return sealVerdict(named)
  return sealVerdict(verifySeal({ ...request, artifact }))
}

/** What a log is not asked for: bytes that are no signature of the file by a certificate of the trust root. */
const BEFORE_THE_LOG: ReadonlySet<string> = new Set(
  'bundle certificate key code-signing chain sct identity signature'.split(' '),
)

async function judgePair(
  [pair]: readonly SealParts[],
  question: SealQuestion,
): Promise<Pick<JudgedSeal, 'verdicts' | 'unreachable'>> {
  if (pair === undefined) return { verdicts: [refused('verify.no-seal', 'no signature')] }
  const { trustRoot } = question
  const alone = verifySeal({ seal: pair, artifact: artifactOf(question), trustRoot, policy: ANYBODY })
  if (!isWorthAsking(alone)) return { verdicts: [sealVerdict(alone)] }
  const { entries, refusal } = await answerOf(pair, question)
  const verdict = verdictOn({ ...pair, entries }, question)
  const isOpen = !verdict.holds && refusal !== undefined
  return { verdicts: [verdict], ...(isOpen ? { unreachable: shownText(refusal.message, 200) } : {}) }
}

async function answerOf(pair: SealParts, { askLog }: SealQuestion): Promise<LogAnswer> {
  try {
    return await askLog(pair)
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return { entries: [], refusal: error }
  }
}

function isWorthAsking({ checks }: Verdict): boolean {
  return checks.every(
    ({ name, outcome }) => !BEFORE_THE_LOG.has(name) || outcome === 'passed' || outcome === 'not-applicable',
  )
}

function sealVerdict(verdict: Verdict): JudgedVerdict {
  const { identity, has, logIndex, signedAtSeconds, checkpoints } = verdict
  if (!verdict.verified) {
    const cause = verdict.checks.find(({ name }) => `verify.${name}` === verdict.reason)
    return refused(verdict.reason, cause?.reason ?? 'a check did not pass')
  }
  if (identity === undefined || has === undefined || logIndex === undefined || signedAtSeconds === undefined)
    return refused('verify.certificate', 'signed with a key, but a certificate is expected')
  const proved = checkpoints === undefined ? {} : { checkpoints }
  return { holds: true, identity, has, signedAtMs: signedAtSeconds * 1000, logIndex, ...proved }
}

function refused(code: string, fact: string): SealVerdict {
  return { holds: false, code, fact: shownText(fact, 200) }
}
