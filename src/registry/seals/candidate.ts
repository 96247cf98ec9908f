import { baseErrors, readCapped, sha256Hex, WheelsealError } from '../../base/index.ts'
import { verifyErrors, type FoundSeal } from '../../verify/index.ts'
import type { Project } from '../../access/index.ts'
import type { StoredFile } from '../store.ts'
import { artifactFor } from './digests.ts'
import { judgeSealUnder, refusalReport, type JudgedSeal } from './judge-seal.ts'
import type { SealContext } from './parts.ts'
import type { JudgedRule } from './rule.ts'
import type { SealEnding, StoredSeal, VerdictKey } from './store.ts'

/** A distribution, and under which rule its seals are judged. */
export interface Subject {
  readonly project: Project
  readonly file: StoredFile
  readonly rule: JudgedRule
}

/** What is judged as one: a bundle, attestations, or signature and certificate. */
export type Candidate = readonly [StoredSeal] | readonly [signature: StoredSeal, certificate: StoredSeal]

/** What a side file may have to be read at all. */
const MAX_BYTES: Readonly<Record<SealEnding, number>> = {
  '.sig': 64 << 10,
  '.crt': 64 << 10,
  '.sigstore.json': 2 << 20,
  '.publish.attestation': 2 << 20,
  uploaded: 2 << 20,
}

export function sealDigest([first, second]: Candidate): string {
  return second === undefined ? first.sha256 : sha256Hex(`${first.sha256} ${second.sha256}`)
}

export function verdictKey(
  { rootsSha256 }: Pick<SealContext, 'rootsSha256'>,
  { file, rule }: Pick<Subject, 'file' | 'rule'>,
  candidate: Candidate,
): VerdictKey {
  return {
    fileSha256: file.sha256,
    fileName: file.fileName,
    // With the kind: the same bytes are read otherwise as a seal of another kind, and an enemy's may be the text of a pair's.
    sealSha256: sha256Hex(`${kindOf(candidate)} ${sealDigest(candidate)}`),
    ruleSha256: rule.sha256,
    rootsSha256,
  }
}

/** From what was kept, unless that is undecided: then it is judged again. Each new verdict is kept. */
export async function judgeCandidate(
  context: SealContext,
  subject: Subject,
  candidate: Candidate,
): Promise<JudgedSeal> {
  const key = verdictKey(context, subject, candidate)
  const before = await context.store.findVerdict(key)
  if (before !== undefined && before.outcome !== 'undecided')
    return { outcome: before.outcome, ...(JSON.parse(before.report) as Omit<JudgedSeal, 'outcome'>) }
  const { outcome, ...judged } = await judgeAnew(context, subject, candidate)
  if (judged.report.checks.length === 0 && outcome === 'undecided') return { outcome, ...judged }
  await context.store.keepVerdict(key, {
    outcome,
    report: JSON.stringify(judged),
    judgedAtMs: context.clock.nowMs(),
  })
  return { outcome, ...judged }
}

async function judgeAnew(
  context: SealContext,
  { file, rule }: Subject,
  candidate: Candidate,
): Promise<JudgedSeal> {
  const { fileName } = file
  try {
    return await judgeSealUnder(context.roots, {
      fileName,
      artifactFor: (seals) => artifactFor(context, file, seals),
      policy: rule.policyFor(fileName),
      paths: candidate.map(({ ending }) => pathOf(fileName, ending)),
      found: await foundSeal(context, candidate),
    })
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    const report = refusalReport(fileName, error)
    if (error.status < 500) return { outcome: 'refused', isSound: false, report }
    // Bytes that are missing here say nothing of the seal, and must hold up no release.
    context.log.failure('seals.unreadable', error, { fileName })
    return { outcome: 'undecided', isSound: true, report }
  }
}

function pathOf(fileName: string, ending: SealEnding): string {
  return ending === 'uploaded' ? `the attestations uploaded with ${fileName}` : `${fileName}${ending}`
}

/** Throws as `readSeal`. */
export async function foundSeal(context: SealContext, [first, second]: Candidate): Promise<FoundSeal> {
  const bytes = await readSeal(context, first)
  if (second !== undefined)
    return { kind: 'pair', signature: bytes, certificate: await readSeal(context, second) }
  return { kind: kindOfOne(first), bytes }
}

function kindOf([first, second]: Candidate): FoundSeal['kind'] {
  return second === undefined ? kindOfOne(first) : 'pair'
}

function kindOfOne({ ending }: StoredSeal): 'bundle' | 'provenance' {
  return ending === '.sigstore.json' ? 'bundle' : 'provenance'
}

/** Throws `verify.no-seal` for what is too large to be one. */
export async function readSeal({ blobs }: Pick<SealContext, 'blobs'>, seal: StoredSeal): Promise<Uint8Array> {
  const { fileName, ending, sha256, size } = seal
  const maxBytes = MAX_BYTES[ending]
  if (size > maxBytes)
    throw verifyErrors(
      'verify.no-seal',
      `${pathOf(fileName, ending)} has ${size} bytes, at most ${maxBytes} are read`,
    )
  const blob = await blobs.open(sha256, size)
  if (blob === undefined)
    throw baseErrors(
      'base.blob-damaged',
      `the bytes of ${pathOf(fileName, ending)} are missing: sha256 ${sha256}`,
    )
  return readCapped(blob.stream(), maxBytes)
}
