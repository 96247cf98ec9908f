import { sign, type KeyObject } from 'node:crypto'
import { spkiOf } from '../x509/index.ts'
import { concatBytes, encodeBase64, sha256, utf8 } from '../../base/index.ts'
import { formatCheckpoint, KEY_HINT_BYTES, type Checkpoint } from './checkpoint.ts'

export interface CheckpointSigner {
  /** Stands in the signature line: no white space and no plus sign. */
  readonly name: string
  /** A private ECDSA key. */
  readonly key: KeyObject
}

/** The whole note with one signature, in the form that `parseCheckpoint` shows. */
export function signCheckpoint(checkpoint: Checkpoint, { name, key }: CheckpointSigner): string {
  const text = formatCheckpoint(checkpoint)
  const spki = spkiOf(key)
  const hint = sha256(spki).subarray(0, KEY_HINT_BYTES)
  const signature = new Uint8Array(sign('sha256', utf8(text), key))
  return `${text}\n— ${name} ${encodeBase64(concatBytes(hint, signature))}\n`
}
