import type { Project } from '../../access/index.ts'
import type { FoundSeal } from '../../verify/index.ts'
import type { GenericPlace } from '../generic-place.ts'
import type { AddedFile, StoredFile } from '../store.ts'
import { checkAttestations, type Uploaded } from './attestations.ts'
import { beginChange } from './change-rule.ts'
import { describeSeals, type FileSeals } from './describe.ts'
import { findDistribution } from './find-distribution.ts'
import { keptSeals } from './kept-seals.ts'
import { createLocks } from './locks.ts'
import type { SealContext } from './parts.ts'
import { ruleOf, type PublishRule } from './rule.ts'
import { inForce, listsUnjudged, ruleState } from './rule-state.ts'
import { holdProject, settleFile, type Settling } from './settle-file.ts'
import { sealedName, sideFileAt, type SideEnding } from './side-file.ts'
import type { RuleState, SealedFile, StoredSeal } from './store.ts'
import { createSealWork, type SealWork } from './work.ts'

/** The publish rule of a project, and how far it is. */
export interface RuleStatus {
  /** In force; undefined is off. */
  readonly rule: PublishRule | undefined
  /** What comes into force once nothing is listed that it refuses. */
  readonly next: PublishRule | undefined
  readonly phase: RuleState['phase']
}

/** Seals of the distributions of projects. The caller has checked that whoever asks may do it in `project`. */
export interface Seals extends SealWork {
  /**
   * The attestations of an upload (PEP 740), before anything of it is kept: they must hold. Undefined where there are
   * none. Throws `registry.attestations`, `registry.attestation-refused`.
   */
  checkAttestations(
    project: Project,
    file: Uploaded,
    text: string | undefined,
  ): Promise<Uint8Array | undefined>
  /**
   * Adds a distribution by `add`, listed where the project has no rule, and judges its seals: those that came with it,
   * and those that were put before. Listed when it resolves, where the rule lets it. Work does not grow with what was put.
   */
  published(
    project: Project,
    add: (isListed: boolean) => Promise<AddedFile>,
    attestations: Uint8Array | undefined,
  ): Promise<AddedFile>
  /** A generic file was put, by the user `putBy` (0 for nobody): where it is the side file of a distribution, it is one from now on. */
  put(
    project: Project,
    place: GenericPlace,
    put: { readonly file: StoredFile; readonly putBy: number },
  ): Promise<void>
  /** Of side files at a place, the one that is served in place of the newest: the newest that verifies, if one does. */
  served(project: Project, place: GenericPlace, newest: StoredFile): Promise<StoredFile>
  describe(project: Project, file: StoredFile): Promise<FileSeals>
  /** The seals themselves, those that are served and those that hold for whomever. Throws `base.blob-damaged`. */
  kept(project: Project, file: Pick<StoredFile, 'fileName'>): Promise<readonly FoundSeal[]>
  rule(project: Project): Promise<RuleStatus>
  /** Written down when it resolves; it comes into force step by step. Throws `registry.rule`, `verify.policy-file`. */
  setRule(project: Project, rule: PublishRule | undefined): Promise<RuleStatus>
}

export function createSeals(given: SealContext): Seals {
  const context = { ...given, locks: createLocks() }
  const work = createSealWork(context)
  return {
    ...work,
    checkAttestations: async (project, file, text) => {
      if (text === undefined || text === '') return undefined
      const rule = await inForce(context, await ruleState(context, project), project)
      return checkAttestations(context, { project, file, rule }, text)
    },
    published: (project, add, attestations) => published(context, project, { add, attestations }),
    put: (project, place, { file, putBy }) => put(context, project, { place, file, putBy }),
    served: (project, place, newest) => served(context, project, { place, newest }),
    describe: (project, file) => describeSeals(context, project, file),
    kept: (project, file) => keptSeals(context, project, file),
    rule: async (project) => statusOf(await ruleState(context, project)),
    setRule: async (project, rule) => {
      const state = await beginChange(context, project, rule)
      work.begin(project)
      return statusOf(state)
    },
  }
}

function statusOf({ rule, next, phase }: RuleState): RuleStatus {
  return { rule: ruleOf(rule), next: ruleOf(next), phase }
}

interface Published {
  readonly add: (isListed: boolean) => Promise<AddedFile>
  readonly attestations: Uint8Array | undefined
}

async function published(
  context: Settling,
  project: Project,
  { add, attestations }: Published,
): Promise<AddedFile> {
  const { added, isFree } = await holdProject(context, project, async () => {
    const isListed = listsUnjudged(await ruleState(context, project))
    return { added: await add(isListed), isFree: isListed }
  })
  const { file } = added
  if (attestations !== undefined) await keepAttestations(context, project, { file, attestations })
  const isBare = attestations === undefined && isFree && !(await hasSeals(context, project, file))
  if (isBare) return added
  await settleFile(context, { project, file })
  return { ...added, file: (await findDistribution(context, project, file.fileName)) ?? file }
}

async function hasSeals({ store }: Settling, project: Project, { fileName }: StoredFile): Promise<boolean> {
  const name = sealedName(project, fileName)
  for (const ending of ['.sigstore.json', '.sig', '.crt', '.publish.attestation', 'uploaded'] as const)
    if ((await store.newestSeal({ ...name, ending })) !== undefined) return true
  return false
}

/** The bytes are durable before the row; the same once more are no other. */
async function keepAttestations(
  { blobs, store, clock }: Settling,
  project: Project,
  { file, attestations }: { readonly file: StoredFile; readonly attestations: Uint8Array },
): Promise<void> {
  const staged = await blobs.stage(
    (async function* once() {
      yield attestations
    })(),
    attestations.length,
  )
  try {
    await staged.commit()
    const { sha256, size } = staged
    const place = { ...sealedName(project, file.fileName), ending: 'uploaded' } as const
    if ((await store.newestSeal(place))?.sha256 === sha256) return
    await store.addSeal({ ...place, sourceId: null, sha256, size, putBy: 0, createdAtMs: clock.nowMs() })
  } finally {
    await staged.discard()
  }
}

interface Put {
  readonly place: GenericPlace
  readonly file: StoredFile
  readonly putBy: number
}

async function put(context: Settling, project: Project, { place, file, putBy }: Put): Promise<void> {
  const side = sideFileAt(project, place)
  if (side === undefined) return
  const { id: sourceId, sha256, size, createdAtMs } = file
  const name = sealedName(project, side.fileName)
  const seal: StoredSeal = await context.store.addSeal({
    ...name,
    ending: side.ending,
    sourceId,
    sha256,
    size,
    putBy,
    createdAtMs,
  })
  const distribution = await findDistribution(context, project, side.fileName)
  if (distribution !== undefined) await settleFile(context, { project, file: distribution }, seal)
}

async function served(
  { store }: Settling,
  project: Project,
  { place, newest }: { readonly place: GenericPlace; readonly newest: StoredFile },
): Promise<StoredFile> {
  const side = sideFileAt(project, place)
  const sealed = side && (await store.findSealed(sealedName(project, side.fileName)))
  const id = sealed && servedId(sealed, side.ending)
  const seal = typeof id === 'number' ? await store.findSeal(id) : undefined
  const sourceId = seal?.sourceId ?? null
  if (seal === undefined || sourceId === null || !(await store.stands(sourceId))) return newest
  const { sha256, size, createdAtMs } = seal
  return { ...newest, id: sourceId, sha256, size, createdAtMs }
}

function servedId(sealed: SealedFile, ending: SideEnding): number | null {
  if (ending === '.sig') return sealed.signatureId
  if (ending === '.crt') return sealed.certificateId
  return ending === '.sigstore.json' ? sealed.bundleId : sealed.attestationId
}
