import { isoTimeMs } from '../../base/index.ts'
import type { Project } from '../../access/index.ts'
import type { StoredFile } from '../store.ts'
import { sealDigest, verdictKey, type Candidate } from './candidate.ts'
import type { JudgedSeal, SealReport } from './judge-seal.ts'
import type { SealContext } from './parts.ts'
import { ruleOf, type PublishRule } from './rule.ts'
import { inForce, ruleState } from './rule-state.ts'
import { sealedName, type SealedName } from './side-file.ts'
import type { SealedFile, SealEnding, SealOutcome, StoredSeal } from './store.ts'

/** What is known of the seals of one distribution, from what is kept: nothing is judged for it. */
export interface FileSeals {
  readonly fileName: string
  readonly sha256: string
  readonly isListed: boolean
  /** `off`, or the kind of the rule in force. Without one, verdicts are by the project's identity. */
  readonly rule: PublishRule['kind'] | 'off'
  readonly ruleSha256: string
  readonly rootsSha256: string
  /** `none` where there is no seal, `not judged` while something is still to be looked at. */
  readonly outcome: SealOutcome | 'none' | 'not judged'
  /** Of the seal that decides. */
  readonly message: string
  readonly judgedAt: string | null
  /** When it is judged again by itself; null where nothing will change. */
  readonly judgedAgainAt: string | null
  /** Those that are served, one of a kind. */
  readonly seals: readonly FileSeal[]
}

export interface FileSeal {
  readonly kind: 'bundle' | 'attestation' | 'uploaded attestations' | 'pair'
  /** The side files; none for what came with the distribution. */
  readonly files: readonly { readonly fileName: string; readonly sha256: string; readonly putAt: string }[]
  readonly sealSha256: string
  readonly outcome: SealOutcome | 'not judged'
  readonly report: SealReport | null
}

export async function describeSeals(
  context: SealContext,
  project: Project,
  file: StoredFile,
): Promise<FileSeals> {
  const state = await ruleState(context, project)
  const rule = await inForce(context, state, project)
  const kept = await context.store.findSealed(sealedName(project, file.fileName))
  const isOfNow = kept?.ruleSha256 === rule.sha256 && kept.rootsSha256 === context.rootsSha256
  const sealed = isOfNow ? kept : undefined
  const seals = await servedSeals(context, { project, file, rule }, sealed)
  return {
    fileName: file.fileName,
    sha256: file.sha256,
    isListed: file.isListed,
    rule: ruleOf(state.rule)?.kind ?? 'off',
    ruleSha256: rule.sha256,
    rootsSha256: context.rootsSha256,
    ...decided(file, sealed, seals),
    judgedAt: timeOf(sealed?.judgedAtMs ?? null),
    judgedAgainAt: timeOf(sealed?.dueAtMs ?? null),
    seals,
  }
}

function decided(
  { fileName }: StoredFile,
  sealed: SealedFile | undefined,
  seals: readonly FileSeal[],
): Pick<FileSeals, 'outcome' | 'message'> {
  const outcome = sealed?.outcome ?? (seals.length === 0 ? 'none' : 'not judged')
  const decides = seals.find((seal) => seal.outcome === outcome) ?? seals[0]
  return { outcome, message: decides?.report?.message ?? `${fileName} has no seal` }
}

function timeOf(atMs: number | null): string | null {
  return atMs === null ? null : isoTimeMs(atMs)
}

type Subject = Parameters<typeof verdictKey>[1] & { readonly project: Project }

const NONE = {
  bundleId: null,
  attestationId: null,
  uploadedId: null,
  signatureId: null,
  certificateId: null,
}

/** Those that verify, and where none of a kind does, the newest. */
async function servedSeals(
  context: SealContext,
  subject: Subject,
  sealed: SealedFile | undefined,
): Promise<readonly FileSeal[]> {
  const pick = picker(context, sealedName(subject.project, subject.file.fileName))
  const { bundleId, attestationId, uploadedId, signatureId, certificateId } = sealed ?? NONE
  const [signature, certificate] = [await pick('.sig', signatureId), await pick('.crt', certificateId)]
  const isPair = signature !== undefined && certificate !== undefined
  const all: (readonly [FileSeal['kind'], Candidate | undefined])[] = [
    ['bundle', one(await pick('.sigstore.json', bundleId))],
    ['attestation', one(await pick('.publish.attestation', attestationId))],
    ['uploaded attestations', one(await pick('uploaded', uploadedId))],
    ['pair', isPair ? [signature, certificate] : one(signature ?? certificate)],
  ]
  const described: FileSeal[] = []
  for (const [kind, candidate] of all)
    if (candidate !== undefined) described.push(await describeOne(context, subject, { kind, candidate }))
  return described
}

function picker({ store }: SealContext, place: SealedName) {
  return (ending: SealEnding, id: number | null): Promise<StoredSeal | undefined> =>
    id === null ? store.newestSeal({ ...place, ending }) : store.findSeal(id)
}

function one(seal: StoredSeal | undefined): Candidate | undefined {
  return seal && [seal]
}

async function describeOne(
  context: SealContext,
  subject: Subject,
  { kind, candidate }: { readonly kind: FileSeal['kind']; readonly candidate: Candidate },
): Promise<FileSeal> {
  const verdict = await context.store.findVerdict(verdictKey(context, subject, candidate))
  return {
    kind,
    files: candidate.flatMap(({ fileName, ending, sha256, createdAtMs }) =>
      ending === 'uploaded'
        ? []
        : [{ fileName: `${fileName}${ending}`, sha256, putAt: isoTimeMs(createdAtMs) }],
    ),
    sealSha256: sealDigest(candidate),
    outcome: verdict?.outcome ?? 'not judged',
    report: verdict === undefined ? null : (JSON.parse(verdict.report) as Pick<JudgedSeal, 'report'>).report,
  }
}
