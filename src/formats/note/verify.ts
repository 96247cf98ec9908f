import { bytesEqual, utf8, type WheelsealError } from '../../base/index.ts'
import { verifyWithSpki } from '../x509/index.ts'
import { KEY_HINT_BYTES, type Checkpoint } from './checkpoint.ts'
import { noteErrors } from './errors.ts'
import { noteKeyId } from './key-id.ts'
import { parseCheckpoint } from './parse.ts'

export interface CheckpointTrust {
  readonly note: string
  /** What the log may call itself, from the trust root, never from the note. Left out where the trust root has keys only. */
  readonly names?: readonly string[]
  /** DER SubjectPublicKeyInfo from the trust root. */
  readonly spki: Uint8Array
}

const MAX_SHOWN_LENGTH = 80
/** Rekor v1 has its tree id behind the name, version 2 has the name alone. */
const TREE_ID = / - [1-9][0-9]{0,18}$/

/**
 * The head that the log signed. Signatures of others beside it are passed over under a checkpoint of version 2, and
 * refused under one of version 1, as cosign does it. Throws `note.malformed`, `note.signature`. */
export function verifyCheckpoint({ note, names, spki }: CheckpointTrust): Checkpoint {
  const { origin, size, root, signedText, signatures } = parseCheckpoint(note)
  const log = origin.replace(TREE_ID, '')
  if (names !== undefined && !names.includes(log))
    throw refused(`the checkpoint is from the log '${shown(origin)}', expected is '${names.join("' or '")}'`)
  const hint = noteKeyId(log, spki).subarray(0, KEY_HINT_BYTES)
  const own = signatures.filter(({ name, keyHint }) => name === log && bytesEqual(keyHint, hint))
  if (own.length === 0) throw refused('no signature on the checkpoint is by the key of the log')
  if (own.length < signatures.length && isOfRekor1(origin))
    throw refused('the checkpoint of a Rekor v1 log has a signature by a different key than that of the log')
  const message = utf8(signedText)
  if (!own.every(({ signature }) => verifyWithSpki(spki, message, signature))) {
    throw refused('the signature on the checkpoint is not valid')
  }
  return { origin, size, root }
}

/** Whether the checkpoint names a tree, as those of version 1 do and no others. */
export function isOfRekor1(origin: string): boolean {
  return TREE_ID.test(origin)
}

/** What an enemy wrote, short: a line of a note may have 64 Ki characters. */
function shown(origin: string): string {
  return origin.length > MAX_SHOWN_LENGTH ? `${origin.slice(0, MAX_SHOWN_LENGTH)}…` : origin
}

function refused(what: string): WheelsealError {
  return noteErrors('note.signature', what)
}
