/**
 * Names of Python packages and of their files.
 *
 * `normalizeName` (PEP 503), `parseVersion` (PEP 440) and `parseFileName` (wheels: PEP 427; sdists: PEP 625) accept
 * what the Python library `packaging` accepts, in ASCII, and never more; `distributionKey` tells whether two file names
 * stand for one distribution. Metadata inside the files is not read here.
 */
export { isName, nameInFileNames, normalizeName } from './name.ts'
export { compareVersions, isFinal, parseVersion, type Version } from './version.ts'
export {
  distributionKey,
  otherSdistName,
  parseFileName,
  type DistributionName,
  type SdistName,
  type WheelName,
} from './file-name.ts'
