import { judgeCandidate, type Candidate, type Subject } from './candidate.ts'
import type { JudgedSeal } from './judge-seal.ts'
import type { SealContext } from './parts.ts'
import { sealedName, type SideEnding } from './side-file.ts'
import type { StoredSeal } from './store.ts'

/** What a side file was found to be part of. */
export interface Weighed {
  readonly candidate: Candidate
  readonly judged: JudgedSeal
}

/** Halves of a pair that are tried on each side, of the same user and of anybody. */
const NEAR = 2

/**
 * Judges a side file for the first time, and writes down what it is worth. Of a signature or certificate the other half
 * is looked for: nearest by arrival, those of the same user before others, so that nobody comes between two halves by
 * putting many. Undefined where there is no other half.
 */
export async function weigh(
  context: SealContext,
  subject: Subject,
  seal: StoredSeal,
): Promise<Weighed | undefined> {
  if (seal.ending === '.sig' || seal.ending === '.crt') return weighHalf(context, subject, seal)
  const judged = await judgeCandidate(context, subject, [seal])
  await context.store.settleSeal(seal.id, judged.isSound ? 'sound' : 'unsound', null)
  return { candidate: [seal], judged }
}

async function weighHalf(
  context: SealContext,
  subject: Subject,
  seal: StoredSeal,
): Promise<Weighed | undefined> {
  let best: Weighed | undefined
  for (const candidate of await pairsWith(context, subject, seal)) {
    const judged = await judgeCandidate(context, subject, candidate)
    if (best === undefined || rank(judged) > rank(best.judged)) best = { candidate, judged }
    if (judged.outcome === 'verified') break
  }
  await writeDown(context, seal, best)
  return best
}

function rank({ outcome, isSound }: JudgedSeal): number {
  if (outcome === 'verified') return 2
  return isSound ? 1 : 0
}

async function writeDown({ store }: SealContext, seal: StoredSeal, best: Weighed | undefined): Promise<void> {
  const [signature, certificate] = best?.candidate ?? []
  const isJoined = signature !== undefined && certificate !== undefined && joins(signature, best)
  if (isJoined) await store.settleSeal(signature.id, 'sound', certificate.id)
  const isSettled = isJoined && signature.id === seal.id
  if (seal.standing === 'new' && !isSettled) await store.settleSeal(seal.id, 'unsound', null)
}

/** A half that comes later and does not verify takes no signature from the other half that it has. */
function joins({ standing }: StoredSeal, best: Weighed | undefined): boolean {
  if (best?.judged.outcome === 'verified') return true
  return best !== undefined && best.judged.isSound && standing !== 'sound'
}

async function pairsWith(
  { store }: SealContext,
  { project, file }: Subject,
  seal: StoredSeal,
): Promise<readonly Candidate[]> {
  const other: SideEnding = seal.ending === '.sig' ? '.crt' : '.sig'
  const place = { ...sealedName(project, file.fileName), ending: other }
  const { id, putBy } = seal
  const own = await store.nearSeals(place, { id, limit: NEAR, putBy })
  const all = await store.nearSeals(place, { id, limit: NEAR })
  const others = all.filter((one) => own.every((mine) => mine.id !== one.id))
  return [...own, ...others].map((half) => (seal.ending === '.sig' ? [seal, half] : [half, seal]))
}
