import { sha256Hex } from '../base/index.ts'
import { appErrors } from './errors.ts'

/** Of a TUF root, as `up` prints it and `--fingerprint` takes it. */
export function fingerprintOf(root: Uint8Array): string {
  return `sha256:${sha256Hex(root)}`
}

/** One spelling. Throws `app.fingerprint`. */
export function parseFingerprint(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text
  throw appErrors('app.fingerprint', `'${text.slice(0, 100)}' is not sha256: followed by 64 hex digits`)
}
