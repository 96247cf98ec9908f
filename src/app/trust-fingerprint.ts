import { sha256Hex } from '../base/index.ts'

/** Of a TUF root, as `up` prints it and `--fingerprint` takes it. */
export function fingerprintOf(root: Uint8Array): string {
  return `sha256:${sha256Hex(root)}`
}
