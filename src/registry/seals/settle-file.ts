import type { Project } from '../../access/index.ts'
import type { BlobReference, StoredFile } from '../store.ts'
import type { Subject } from './candidate.ts'
import { judgeFile, withArrived, type Findings } from './judge-file.ts'
import type { Locks } from './locks.ts'
import { findDistribution } from './find-distribution.ts'
import type { SealContext } from './parts.ts'
import { keepProvenance } from './provenance.ts'
import { inForce, ruleState } from './rule-state.ts'
import { sealedName } from './side-file.ts'
import type { RuleState, SealedFile, StoredSeal } from './store.ts'
import { weigh } from './weigh.ts'

export interface Settling extends SealContext {
  readonly locks: Locks
}

/** Between two tries of a verdict that no log answered for; after the last nothing more happens by itself. */
const RETRY_MINUTES = [1, 5, 30, 120, 360, 1440, 1440, 1440]
const MINUTE_MS = 60_000

/**
 * Judges a distribution under the rule in force and writes down what was found: whether it is listed, which side files
 * are served, its provenance. With `arrived`, the one side file that came, where all others are judged already. A rule
 * that changed meanwhile begins it anew, so that nothing is listed by a rule that is no longer in force.
 */
export function settleFile(
  context: Settling,
  { project, file }: Omit<Subject, 'rule'>,
  arrived?: StoredSeal,
): Promise<SealedFile> {
  return context.locks.hold(`file ${project.id} ${file.fileName}`, async () => {
    for (;;) {
      const state = await ruleState(context, project)
      const subject = { project, file, rule: await inForce(context, state, project) }
      const before = await context.store.findSealed(sealedName(project, file.fileName))
      const found = await find(context, subject, { before, arrived })
      const sealed = await sealedFile(context, subject, { found, before })
      const provenance = await provenanceOf(context, subject, { sealed, before })
      const isDone = await holdProject(context, project, async () => {
        if (!isSameRule(await ruleState(context, project), state)) return false
        // What is listed may have changed since the caller read it.
        const now = (await findDistribution(context, project, file.fileName)) ?? file
        await write(context, { file: now, sealed, state, provenance })
        return true
      })
      if (isDone) return sealed
    }
  })
}

/** What decides about listing, in one project at a time. */
export function holdProject<T>({ locks }: Settling, { id }: Project, work: () => Promise<T>): Promise<T> {
  return locks.hold(`project ${id}`, work)
}

export function isSameRule(a: RuleState, b: RuleState): boolean {
  return a.rule === b.rule && a.next === b.next && a.phase === b.phase && a.setAtMs === b.setAtMs
}

interface Known {
  readonly before: SealedFile | undefined
  readonly arrived?: StoredSeal | undefined
}

async function find(context: Settling, subject: Subject, { before, arrived }: Known): Promise<Findings> {
  const isKnown =
    before !== undefined &&
    before.ruleSha256 === subject.rule.sha256 &&
    before.rootsSha256 === context.rootsSha256
  if (!isKnown || arrived === undefined) return judgeFile(context, subject)
  return withArrived(before, await weigh(context, subject, arrived))
}

async function sealedFile(
  { rootsSha256, clock }: Settling,
  { project, file, rule }: Subject,
  { found, before }: { readonly found: Findings; readonly before: SealedFile | undefined },
): Promise<SealedFile> {
  const { isPartial, ...ids } = found
  const nowMs = clock.nowMs()
  const isUndecided = found.outcome === 'undecided'
  const tries = isUndecided && !isPartial ? (before?.tries ?? 0) + 1 : 0
  const minutes = RETRY_MINUTES[tries - 1]
  const retryAtMs = isUndecided && minutes !== undefined ? nowMs + minutes * MINUTE_MS : null
  return {
    ...sealedName(project, file.fileName),
    fileId: file.id,
    ruleSha256: rule.sha256,
    rootsSha256,
    ...ids,
    judgedAtMs: nowMs,
    dueAtMs: isPartial ? nowMs : retryAtMs,
    tries,
  }
}

/** Undefined where it stays as it is. */
async function provenanceOf(
  context: Settling,
  subject: Subject,
  { sealed, before }: { readonly sealed: SealedFile; readonly before: SealedFile | undefined },
): Promise<BlobReference | null | undefined> {
  const ids = attestationsOf(sealed)
  const idsBefore = before === undefined ? [] : attestationsOf(before)
  const isSame = ids.join() === idsBefore.join() && before?.ruleSha256 === sealed.ruleSha256
  // By the verdict too: the caller may have read the file before it had one.
  const hadNone = idsBefore.length === 0 && subject.file.provenance === null
  if (isSame || (ids.length === 0 && hadNone)) return undefined
  const seals = await Promise.all(ids.map((id) => context.store.findSeal(id)))
  return keepProvenance(
    context,
    subject,
    seals.filter((seal) => seal !== undefined),
  )
}

function attestationsOf({ attestationId, uploadedId }: SealedFile): readonly number[] {
  return [attestationId, uploadedId].filter((id) => id !== null)
}

interface Written {
  readonly file: StoredFile
  readonly sealed: SealedFile
  readonly state: RuleState
  readonly provenance: BlobReference | null | undefined
}

/** The verdict before the listing: a crash between them leaves a file unlisted, and the next verdict lists it. */
async function write(context: Settling, { file, sealed, state, provenance }: Written): Promise<void> {
  await context.store.keepSealed(sealed)
  const isListed = listed(state, sealed, file)
  if (provenance === undefined && isListed === file.isListed) return
  await context.files.changeFile(
    file.id,
    { isListed, ...(provenance === undefined ? {} : { provenance }) },
    { atMs: context.clock.nowMs() },
  )
}

/** While a rule comes into force, files only leave the list: they come onto it in the next phase. */
function listed({ rule, phase }: RuleState, { outcome }: SealedFile, { isListed }: StoredFile): boolean {
  if (phase === 'narrowing') return isListed && (rule === null || outcome === 'verified')
  return rule === null || outcome === 'verified'
}
