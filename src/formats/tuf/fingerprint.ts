import { sha256Hex } from '../../base/index.ts'

/** Of a TUF root, as `wheelseal up` prints it and `--fingerprint` takes it: `sha256:` and 64 hex digits. */
export function fingerprintOf(root: Uint8Array): string {
  return `sha256:${sha256Hex(root)}`
}
