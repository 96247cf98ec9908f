import type { StoredFile } from '../store.ts'
import type { SealedName, SideEnding } from './side-file.ts'

/** `uploaded` are attestations that came with the distribution, in the form's field (PEP 740). */
export type SealEnding = SideEnding | 'uploaded'

/**
 * `new` until it was judged once. `sound` holds, or may hold, under some rule: a signature of the file by a certificate
 * of a trusted root, whoever signed. `unsound` holds under none, and is never looked at again; a `.crt` alone is always.
 */
export type Standing = 'new' | 'sound' | 'unsound'

export interface NewSeal extends SealedName {
  readonly ending: SealEnding
  /** Of the generic file's row; null for what came with the distribution. */
  readonly sourceId: number | null
  readonly sha256: string
  readonly size: number
  /** The user who put it; 0 for nobody. */
  readonly putBy: number
  readonly createdAtMs: number
}

export interface StoredSeal extends NewSeal {
  /** In the order of arrival. */
  readonly id: number
  readonly standing: Standing
  /** Of a `.sig`: its `.crt`, where both are known to be one seal. */
  readonly partnerId: number | null
}

export type SealOutcome = 'verified' | 'refused' | 'undecided'

/** What a verdict depends on: with the same, the verdict is the same. */
export interface VerdictKey {
  readonly fileSha256: string
  /** An attestation names it. */
  readonly fileName: string
  /** Over the kind of the seal, and its digest; of a pair, the digests of both. */
  readonly sealSha256: string
  readonly ruleSha256: string
  readonly rootsSha256: string
}

export interface StoredVerdict {
  readonly outcome: SealOutcome
  /** JSON. */
  readonly report: string
  readonly judgedAtMs: number
}

/** What is known of a distribution's seals under one rule. */
export interface SealedFile extends SealedName {
  readonly fileId: number
  readonly ruleSha256: string
  readonly rootsSha256: string
  /** `none` where it has no seal. */
  readonly outcome: SealOutcome | 'none'
  /** The newest that verify, by kind; null where none does. */
  readonly bundleId: number | null
  readonly attestationId: number | null
  readonly uploadedId: number | null
  readonly signatureId: number | null
  readonly certificateId: number | null
  readonly judgedAtMs: number
  /** When it is judged again; null where nothing more will change by itself. */
  readonly dueAtMs: number | null
  readonly tries: number
}

export interface RuleState {
  readonly projectId: number
  /** In force; null is off. JSON of a rule. */
  readonly rule: string | null
  /** What comes into force once nothing is listed that it refuses; meaningless but while narrowing. */
  readonly next: string | null
  readonly phase: 'in force' | 'narrowing' | 'widening'
  /** The files with a lower id are still to be judged in this phase. */
  readonly beforeId: number
  /** The trust roots by which the project was judged last. */
  readonly rootsSha256: string
  readonly setAtMs: number
}

export interface SealPage {
  readonly standing: Standing
  readonly order: 'newest' | 'oldest'
  /** With `newest` those below it, with `oldest` those above it. */
  readonly from: number
  readonly limit: number
}

/**
 * What `registry` keeps of seals. Side files are an append-only list; what they are worth is written beside them. Every
 * write is durable when it resolves, and whole or absent.
 */
export interface SealStore {
  /** Once for each `sourceId`; the one that stands. */
  addSeal(seal: NewSeal): Promise<StoredSeal>
  /** False once the generic file was deleted, or where there is none of that id. */
  stands(sourceId: number): Promise<boolean>
  findSeal(id: number): Promise<StoredSeal | undefined>
  listSeals(
    place: SealedName & { readonly ending: SealEnding },
    page: SealPage,
  ): Promise<readonly StoredSeal[]>
  /** Whatever it is worth. */
  newestSeal(place: SealedName & { readonly ending: SealEnding }): Promise<StoredSeal | undefined>
  /** The closest before and after `id` by arrival, at most `limit` on each side; of one user where `putBy` is given. */
  nearSeals(
    place: SealedName & { readonly ending: SealEnding },
    near: { readonly id: number; readonly limit: number; readonly putBy?: number },
  ): Promise<readonly StoredSeal[]>
  settleSeal(id: number, standing: Standing, partnerId: number | null): Promise<void>
  findVerdict(key: VerdictKey): Promise<StoredVerdict | undefined>
  /** In place of one that stands. */
  keepVerdict(key: VerdictKey, verdict: StoredVerdict): Promise<void>
  findSealed(place: SealedName): Promise<SealedFile | undefined>
  /** In place of one that stands. */
  keepSealed(file: SealedFile): Promise<void>
  /** Those whose time has come, the earliest first. */
  listDue(page: { readonly nowMs: number; readonly limit: number }): Promise<readonly SealedFile[]>
  /** Distributions of a project, listed or not, the newest first, from the first one that is older than `beforeId`. */
  listDistributions(
    projectId: number,
    page: { readonly beforeId: number; readonly limit: number },
  ): Promise<readonly StoredFile[]>
  findRule(projectId: number): Promise<RuleState | undefined>
  keepRule(state: RuleState): Promise<void>
  /** Projects whose rule is being changed, from the first one after `afterId`. */
  listChanging(
    phase: RuleState['phase'],
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<readonly number[]>
}
