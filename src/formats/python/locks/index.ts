/**
 * Locks of Python projects: what an installer is told to install, whichever tool wrote it.
 *
 * `readLock` reads requirements files (`pip freeze` too), `pylock.toml` 1.0 (PEP 751), `uv.lock` 1, `poetry.lock` 2.0 and
 * 2.1 and `pdm.lock` 4 into one list, each package with the line where it stands. `addIdentities` writes PEP 751's
 * `attestation-identities` into a `pylock.toml` and leaves every other byte. Pure and in linear time; a version of a
 * format that is not known is refused, and so is what is malformed. Not here: whether any of it is to be trusted.
 */
export { addIdentities } from './add-identities.ts'
export {
  LOCK_LIMITS,
  type AttestationIdentity,
  type Lock,
  type LockedDistribution,
  type LockedFile,
  type LockedSource,
  type LockFormat,
} from './lock.ts'
export { readLock, type LockText } from './read-lock.ts'
