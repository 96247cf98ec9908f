/**
 * PyPI and generic packages of projects.
 *
 * `createRegistry` gives both: `pypi.publish` and `generic.put` take uploads, the others answer for them, and `packages`
 * lists and deletes what both hold. Digests are
 * computed here and never believed; nothing is acknowledged before it is durable; a distribution's name once used never
 * gets other bytes, in any spelling. A generic file gets none either, unless its project allows duplicates; side files of a
 * distribution are an append-only list of which one is served.
 *
 * Follows GitLab's registries (`docs/reference/http-api.md`), PEP 503 for names. Who may do what is decided by `access`
 * before a call; what a page looks like is decided by `http`. Which seals a distribution has, and whether its project
 * lists it without one, is the folder `seals/`.
 */
export { createRegistry, type Registry } from './registry.ts'
export type { RegistryParts } from './ports.ts'
export { nameOfFile, type PypiPackages } from './pypi.ts'
export type { Curation, Release } from './curation.ts'
export type { ShownPackage } from './shown.ts'
export type { PypiUpload, StagedUpload } from './check-upload.ts'
export type { GenericPackages, GenericUpload } from './generic.ts'
export { savedName, type GenericPlace } from './generic-place.ts'
export type { GenericStore, NewGenericFile } from './generic-store.ts'
export { LISTED_AT_MOST, type Packages } from './packages.ts'
export type {
  Direction,
  FileOrder,
  PackageFileRecord,
  PackageFilter,
  PackageOrder,
  PackageRecord,
  PackagesStore,
  Slice,
} from './packages-store.ts'
export type {
  AddedFile,
  BlobReference,
  ChangedAt,
  FileChange,
  Forwarding,
  ForwardingSetting,
  Maker,
  NameKey,
  NewFile,
  PackageKey,
  PackageKind,
  PackageName,
  PackageStatus,
  PypiSettings,
  RegistryStore,
  StoredFile,
} from './store.ts'
export { createSeals, type RuleStatus, type Seals } from './seals/seals.ts'
export type { ConfiguredRoot, LogEntries, SealContext } from './seals/parts.ts'
export type { PublishRule } from './seals/rule.ts'
export type { FileSeal, FileSeals } from './seals/describe.ts'
export type {
  NewSeal,
  RuleState,
  SealedFile,
  SealEnding,
  SealOutcome,
  SealStore,
  Standing,
  StoredSeal,
  StoredVerdict,
  VerdictKey,
} from './seals/store.ts'
export { registryErrors } from './errors.ts'
