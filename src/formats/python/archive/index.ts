/**
 * Wheels and sdists judged by all of their bytes, before anybody installs them.
 *
 * `checkDistribution` reads a file through a `Source` and lists everything for which PyPI, an installer or this project
 * would refuse it: archives that two readers would unpack differently, paths and links that lead outside, bombs, a
 * RECORD or metadata that do not fit. `checkArchive` judges the zip or tar alone. Pure, in bounded memory and time
 * (`LIMITS`). Follows the binary distribution format, PEP 625, PEP 706, the core metadata specification, APPNOTE.TXT,
 * RFC 1952 and POSIX pax. `readWheelMetadata` and `readWheelRecord` read one file of a wheel, as strictly, and little
 * else: over a `Source` that asks for ranges, METADATA of a wheel of gigabytes costs two or three.
 * `readSdistWord` says whether an sdist is of the name and version of its file name, as leniently as installers read it. docs/reference/check-dist.md lists the codes and limits.
 */
export { checkArchive, checkDistribution, type DistributionReport } from './check.ts'
export { requiresPythonIn, sameSpecifier, type CoreMetadata } from './core-metadata.ts'
export { LIMITS as DISTRIBUTION_LIMITS } from './limits.ts'
export type { RecordAlgorithm } from './record.ts'
export { readSdistWord, type SdistWord } from './sdist-word.ts'
export {
  isMetadataOf,
  parseWheelRecord,
  readWheelMetadata,
  readWheelRecord,
  type WheelRecordEntry,
} from './wheel-member.ts'
