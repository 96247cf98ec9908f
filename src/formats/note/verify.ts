import { bytesEqual, sha256, utf8, type WheelsealError } from '../../base/index.ts'
import { verifyWithSpki } from '../x509/index.ts'
import { KEY_HINT_BYTES, type Checkpoint } from './checkpoint.ts'
import { noteErrors } from './errors.ts'
import { parseCheckpoint } from './parse.ts'

export interface CheckpointTrust {
  readonly note: string
  /** The log's name from the trust root, never from the note. Left out where the trust root names keys only. */
  readonly name?: string
  /** DER SubjectPublicKeyInfo from the trust root. */
  readonly spki: Uint8Array
}

const MAX_SHOWN_LENGTH = 80
const ORIGIN = /^(.+) - [1-9][0-9]{0,18}$/

/** The head that the log signed. Throws `note.malformed`, `note.signature`. */
export function verifyCheckpoint({ note, name, spki }: CheckpointTrust): Checkpoint {
  const { origin, size, root, signedText, signatures } = parseCheckpoint(note)
  const [, origined] = ORIGIN.exec(origin) ?? []
  if (origined === undefined || (name !== undefined && origined !== name)) {
    throw refused(
      `the checkpoint is of '${shown(origin)}'${name === undefined ? '' : `, the log is '${name}'`}`,
    )
  }
  const hint = sha256(spki).subarray(0, KEY_HINT_BYTES)
  const own = signatures.filter((one) => one.name === origined && bytesEqual(one.keyHint, hint))
  if (own.length === 0) throw refused('no signature under the checkpoint is by the key of the log')
  const message = utf8(signedText)
  if (!own.every(({ signature }) => verifyWithSpki(spki, message, signature))) {
    throw refused('the signature of the log does not fit the checkpoint')
  }
  return { origin, size, root }
}

/** What an enemy wrote, short: a line of a note may have 64 Ki characters. */
function shown(origin: string): string {
  return origin.length > MAX_SHOWN_LENGTH ? `${origin.slice(0, MAX_SHOWN_LENGTH)}…` : origin
}

function refused(what: string): WheelsealError {
  return noteErrors('note.signature', what)
}
