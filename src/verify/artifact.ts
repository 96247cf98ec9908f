import { sha256 } from '../base/index.ts'
import type { Artifact } from './seal.ts'

/** A file that is at hand as a whole. With its name, an attestation must be about a file of that name. */
export function artifactOf(bytes: Uint8Array, fileName?: string): Artifact {
  return { sha256: sha256(bytes), bytes, ...(fileName === undefined ? {} : { fileName }) }
}
