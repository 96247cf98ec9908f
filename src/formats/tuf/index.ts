/**
 * The metadata of a TUF repository (The Update Framework, specification 1.0.31), as its owner writes it.
 *
 * `rootMetadata`, `targetsMetadata`, `snapshotMetadata` and `timestampMetadata` build the four documents, `signMetadata`
 * makes a file of one; `readMetadata` reads back what a renewal needs. Keys are ECDSA P-256, hashes SHA-256, snapshots
 * consistent: what go-tuf, python-tuf and tuf-js all accept.
 *
 * No delegations. `isSignedByRole` is how an owner notices damage in files of its own; clients use tuf-js.
 */
export { tufKey, type TufKey } from './keys.ts'
export {
  rootMetadata,
  snapshotMetadata,
  targetPath,
  targetsMetadata,
  timestampMetadata,
  type RoleKeys,
  type TargetFile,
  type TufMetadata,
  type TufRole,
} from './metadata.ts'
export { readMetadata, type MetadataSummary } from './read.ts'
export { signMetadata } from './sign.ts'
export { isSignedByRole } from './verify.ts'
export { fingerprintOf } from './fingerprint.ts'
