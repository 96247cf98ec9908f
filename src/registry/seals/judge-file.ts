import { setImmediate as nextTurn } from 'node:timers/promises'
import { judgeCandidate, type Candidate, type Subject } from './candidate.ts'
import type { JudgedSeal } from './judge-seal.ts'
import type { SealContext } from './parts.ts'
import { sealedName } from './side-file.ts'
import type { SealedFile, SealEnding, StoredSeal } from './store.ts'
import { weigh, type Weighed } from './weigh.ts'

/** What was found of a distribution's seals. */
export interface Findings extends Pick<
  SealedFile,
  'outcome' | 'bundleId' | 'attestationId' | 'uploadedId' | 'signatureId' | 'certificateId'
> {
  /** Some side files were not looked at yet. */
  readonly isPartial: boolean
}

const NOTHING: Findings = {
  outcome: 'none',
  bundleId: null,
  attestationId: null,
  uploadedId: null,
  signatureId: null,
  certificateId: null,
  isPartial: false,
}

/** By the side file that stands for a seal; certificates are looked at with their signatures. */
const KINDS = ['.sigstore.json', '.publish.attestation', 'uploaded', '.sig'] as const satisfies SealEnding[]
type Kind = (typeof KINDS)[number]

/**
 * Side files of each kind that are weighed in one step: the newest and the oldest, so that neither who comes first nor
 * who comes last can hide a genuine one for longer than it takes to look at all.
 */
const WEIGHED_AT_ONCE = 16
/** Sound seals that are read at a time. */
const PAGE = 16

/** All seals of a distribution under one rule: the newest that verifies of each kind. */
export async function judgeFile(context: SealContext, subject: Subject): Promise<Findings> {
  let found = NOTHING
  for (const kind of KINDS) {
    await weighNew(context, subject, kind)
    found = withKind(found, await newestVerified(context, subject, kind))
  }
  if (found.outcome === 'none' && (await hasAny(context, subject))) found = { ...found, outcome: 'refused' }
  return { ...found, isPartial: found.outcome !== 'verified' && (await hasNew(context, subject)) }
}

function placeOf({ project, file }: Subject, ending: SealEnding) {
  return { ...sealedName(project, file.fileName), ending }
}

async function weighNew(context: SealContext, subject: Subject, kind: Kind): Promise<void> {
  const place = placeOf(subject, kind)
  const page = { standing: 'new', limit: WEIGHED_AT_ONCE / 2 } as const
  const newest = await context.store.listSeals(place, {
    ...page,
    order: 'newest',
    from: Number.MAX_SAFE_INTEGER,
  })
  const oldest = await context.store.listSeals(place, { ...page, order: 'oldest', from: 0 })
  const rest = oldest.filter(({ id }) => newest.every((one) => one.id !== id))
  for (const seal of [...newest, ...rest]) {
    await weigh(context, subject, seal)
    await nextTurn()
  }
}

interface OfKind {
  readonly kind: Kind
  readonly verified?: Candidate
  readonly outcome: Findings['outcome']
}

async function newestVerified(context: SealContext, subject: Subject, kind: Kind): Promise<OfKind> {
  let outcome: OfKind['outcome'] = 'none'
  for (let from = Number.MAX_SAFE_INTEGER; ;) {
    const page = { standing: 'sound', order: 'newest', from, limit: PAGE } as const
    const seals = await context.store.listSeals(placeOf(subject, kind), page)
    for (const seal of seals) {
      const candidate = await candidateOf(context, seal)
      if (candidate === undefined) continue
      const judged = await judgeCandidate(context, subject, candidate)
      if (judged.outcome === 'verified') return { kind, verified: candidate, outcome: 'verified' }
      outcome = worse(outcome, judged)
      await nextTurn()
    }
    const last = seals.at(-1)
    if (last === undefined || seals.length < PAGE) return { kind, outcome }
    from = last.id
  }
}

function worse(before: OfKind['outcome'], { outcome }: JudgedSeal): OfKind['outcome'] {
  return before === 'undecided' ? before : outcome
}

async function candidateOf({ store }: SealContext, seal: StoredSeal): Promise<Candidate | undefined> {
  if (seal.ending !== '.sig') return [seal]
  const partner = seal.partnerId === null ? undefined : await store.findSeal(seal.partnerId)
  return partner === undefined ? undefined : [seal, partner]
}

function withKind(found: Findings, { kind, verified, outcome }: OfKind): Findings {
  if (verified !== undefined) return { ...found, outcome: 'verified', ...idsOf(kind, verified) }
  if (found.outcome === 'verified' || found.outcome === 'undecided' || outcome === 'none') return found
  return { ...found, outcome }
}

function idsOf(kind: SealEnding, [first, second]: Candidate): Partial<Findings> {
  if (second !== undefined) return { signatureId: first.id, certificateId: second.id }
  if (kind === '.sigstore.json') return { bundleId: first.id }
  return kind === 'uploaded' ? { uploadedId: first.id } : { attestationId: first.id }
}

const ALL: readonly SealEnding[] = [...KINDS, '.crt']

async function hasAny({ store }: SealContext, subject: Subject): Promise<boolean> {
  for (const ending of ALL) if ((await store.newestSeal(placeOf(subject, ending))) !== undefined) return true
  return false
}

async function hasNew({ store }: SealContext, subject: Subject): Promise<boolean> {
  const page = { standing: 'new', order: 'newest', from: Number.MAX_SAFE_INTEGER, limit: 1 } as const
  for (const kind of KINDS) if ((await store.listSeals(placeOf(subject, kind), page)).length > 0) return true
  return false
}

/** After one more seal came, of which nothing else can have become worse. `before` is of the same rule and roots. */
export function withArrived(before: SealedFile, weighed: Weighed | undefined): Findings {
  const stands = { ...before, isPartial: before.dueAtMs !== null && before.outcome !== 'undecided' }
  if (weighed === undefined)
    return { ...stands, outcome: before.outcome === 'none' ? 'refused' : before.outcome }
  const { candidate, judged } = weighed
  if (judged.outcome === 'verified') return verifiedNow(stands, candidate)
  if (before.outcome === 'verified' || before.outcome === 'undecided') return stands
  return { ...stands, outcome: judged.outcome }
}

function verifiedNow(before: Findings, candidate: Candidate): Findings {
  const ids = idsOf(candidate[0].ending, candidate)
  const stands = Object.keys(ids).map((name) => before[name as 'bundleId'] ?? 0)
  const isNewer = Math.max(...candidate.map(({ id }) => id)) >= Math.max(...stands)
  return { ...before, outcome: 'verified', isPartial: false, ...(isNewer ? ids : {}) }
}
