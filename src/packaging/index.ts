/**
 * What a maintainer and a consumer do with distributions; one folder each, over ports that `client/` fills.
 *
 * - `build/`: wheel and sdist of a project through the standard build front end; two builds compared
 * - `publish/`: distributions and their seals into the registries of a project: all files are judged before the first
 *   upload, what is there already is skipped, what was uploaded is read back
 * - `fetch/`: every file of a release by URL and digest, verified before it is left in place; none of its code runs
 */
export { packagingErrors } from './errors.ts'
export { checkBuiltNames, type BuiltNames } from './build/built-files.ts'
export { compareArgv, readDifference, type Compared } from './build/compare.ts'
export { buildArgv, buildEnvironment, installArgv } from './build/front-end.ts'
export { lastLines } from './build/last-lines.ts'
export { restampArgv } from './build/restamp.ts'
export { checkTag, isSameVersion, versionOfTag } from './build/tag-version.ts'
export {
  readLocalFiles,
  type LocalChoice,
  type LocalPorts,
  type ReadMetadata,
  type ToPublish,
} from './publish/local-files.ts'
export type {
  Digest,
  LocalDistribution,
  LocalFile,
  PackageRegistry,
  PublishEvents,
  PublishPorts,
  RegistryFile,
  SideFile,
  UploadAnswer,
} from './publish/ports.ts'
export { publishRelease, type PublishedFile } from './publish/publish.ts'
export { chooseFiles, MAX_FILE_BYTES, MAX_RELEASE_BYTES, type ChosenFile } from './fetch/choose-files.ts'
export { fetchErrors } from './fetch/errors.ts'
export { genericPlaces } from './fetch/generic-places.ts'
export type { ListedFile, Listing } from './fetch/listing.ts'
export { parseRequirement, type Requirement } from './fetch/requirement.ts'
export {
  installCommands,
  requirementsText,
  type Installer,
  type SdistChoice,
  type VerifiedFile,
} from './fetch/installer.ts'
