import { WheelsealError } from '../../base/index.ts'
import type { Project } from '../../access/index.ts'
import type { FoundSeal } from '../../verify/index.ts'
import type { StoredFile } from '../store.ts'
import { foundSeal, type Candidate } from './candidate.ts'
import type { SealContext } from './parts.ts'
import { sealedName, type SealedName } from './side-file.ts'
import type { SealedFile, SealEnding, StoredSeal } from './store.ts'

/** Of each kind, of those that hold under some rule: the newest. An honest file has one or two. */
const OF_A_KIND = 3

const SINGLE = ['.sigstore.json', '.publish.attestation', 'uploaded'] as const

/**
 * What is kept of the seals of a distribution, for whoever judges them by roots and rules of their own: those that are
 * served, and those that hold under some rule, whoever signed. What cannot be read as a seal is left out. Throws
 * `base.blob-damaged`.
 */
export async function keptSeals(
  context: SealContext,
  project: Project,
  { fileName }: Pick<StoredFile, 'fileName'>,
): Promise<readonly FoundSeal[]> {
  const place = sealedName(project, fileName)
  const served = await context.store.findSealed(place)
  const candidates: Candidate[] = []
  for (const ending of SINGLE)
    for (const seal of await seals(context, { ...place, ending }, servedId(served, ending)))
      candidates.push([seal])
  candidates.push(...(await pairs(context, place, served)))
  const found: FoundSeal[] = []
  for (const candidate of candidates) {
    const seal = await readable(context, candidate)
    if (seal !== undefined) found.push(seal)
  }
  return found
}

function servedId(served: SealedFile | undefined, ending: (typeof SINGLE)[number]): number | null {
  if (served === undefined) return null
  if (ending === '.sigstore.json') return served.bundleId
  return ending === 'uploaded' ? served.uploadedId : served.attestationId
}

type Place = SealedName & { readonly ending: SealEnding }

/** Each once. */
async function seals(context: SealContext, place: Place, id: number | null): Promise<readonly StoredSeal[]> {
  const { store } = context
  const first = id === null ? await store.newestSeal(place) : await store.findSeal(id)
  const sound = await store.listSeals(place, {
    standing: 'sound',
    order: 'newest',
    from: Number.MAX_SAFE_INTEGER,
    limit: OF_A_KIND,
  })
  const all = [...(first === undefined ? [] : [first]), ...sound.filter((seal) => seal.id !== first?.id)]
  const standing = await Promise.all(all.map((seal) => stands(context, seal)))
  return all.filter((_seal, index) => standing[index])
}

async function stands({ store }: SealContext, { sourceId }: StoredSeal): Promise<boolean> {
  return sourceId === null || store.stands(sourceId)
}

/** A signature with the certificate that is known to be its own; where none is, the newest of both. */
async function pairs(
  context: SealContext,
  place: SealedName,
  served: SealedFile | undefined,
): Promise<readonly Candidate[]> {
  const { signatureId = null, certificateId = null } = served ?? {}
  const signatures = await seals(context, { ...place, ending: '.sig' }, signatureId)
  const [newest] = await seals(context, { ...place, ending: '.crt' }, certificateId)
  const found: Candidate[] = []
  for (const signature of signatures) {
    const { id, partnerId } = signature
    const own = partnerId === null ? undefined : await context.store.findSeal(partnerId)
    const certificate = id === signatureId ? newest : (own ?? newest)
    if (certificate !== undefined && (await stands(context, certificate)))
      found.push([signature, certificate])
  }
  return found
}

async function readable(context: SealContext, candidate: Candidate): Promise<FoundSeal | undefined> {
  try {
    return await foundSeal(context, candidate)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'verify.no-seal') return undefined
    throw error
  }
}
