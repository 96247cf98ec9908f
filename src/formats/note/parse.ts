import { decodeBase64, type WheelsealError } from '../../base/index.ts'
import { KEY_HINT_BYTES, type Checkpoint } from './checkpoint.ts'
import { noteErrors } from './errors.ts'

export interface NoteSignature {
  readonly name: string
  readonly keyHint: Uint8Array
  readonly signature: Uint8Array
}

export interface SignedCheckpoint extends Checkpoint {
  /** Everything up to and including the line break before the blank line. */
  readonly signedText: string
  readonly signatures: readonly NoteSignature[]
}

const MAX_NOTE_LENGTH = 64 * 1024
const MAX_SIGNATURES = 32
const ROOT_BYTES = 32
/** U+2014 and a space begin each signature line. */
const SIGNATURE_LINE = /^\u2014 ([^\s+]{1,255}) ([A-Za-z0-9+/]+={0,2})$/
const ENDS_LINE = '\n'

/**
 * Reads a signed note whose text is a checkpoint. One accepted spelling: a canonical number and canonical base64, one
 * blank line, at least one signature, a line break at the end. Extension lines (old Rekor wrote `Timestamp: …`) are
 * signed but mean nothing here. Throws `note.malformed`.
 */
export function parseCheckpoint(note: string): SignedCheckpoint {
  if (note.length > MAX_NOTE_LENGTH) throw malformed(`${note.length} characters are too many`)
  if (!note.isWellFormed() || hasControls(note)) throw malformed('a control character or a lone surrogate')
  const [text, tail] = splitAtBlankLine(note)
  const [origin, size, root, ...extensions] = text.split('\n')
  if (!origin || size === undefined || root === undefined || extensions.includes('')) {
    throw malformed('the lines origin, size and root are not complete')
  }
  return {
    origin,
    size: readSize(size),
    root: readRoot(root),
    signedText: text + ENDS_LINE,
    signatures: readSignatures(tail),
  }
}

function splitAtBlankLine(note: string): readonly [string, string] {
  const [text, tail, ...more] = note.split('\n\n')
  if (text !== undefined && tail !== undefined && more.length === 0) return [text, tail]
  throw malformed('not exactly one blank line')
}

/** Line breaks are the only control characters of a note. */
function hasControls(note: string): boolean {
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  return /[\u0000-\u0009\u000b-\u001f\u007f]/.test(note)
}

function readSize(text: string): number {
  const size = Number(text)
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(size)) {
    throw malformed('the size is not a canonical number')
  }
  return size
}

function readRoot(text: string): Uint8Array {
  const root = readBase64(text)
  if (root.length !== ROOT_BYTES) throw malformed(`the root has ${root.length} bytes`)
  return root
}

function readSignatures(tail: string): readonly NoteSignature[] {
  if (!tail.endsWith('\n')) throw malformed('no line break at the end')
  const lines = tail.slice(0, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw malformed(`it has ${lines.length} signatures`)
  return lines.map(readSignature)
}

function readSignature(line: string): NoteSignature {
  const [, name, text] = SIGNATURE_LINE.exec(line) ?? []
  if (name === undefined || text === undefined) throw malformed('a line that is not a signature')
  const bytes = readBase64(text)
  if (bytes.length <= KEY_HINT_BYTES) throw malformed('an empty signature')
  return { name, keyHint: bytes.subarray(0, KEY_HINT_BYTES), signature: bytes.subarray(KEY_HINT_BYTES) }
}

function readBase64(text: string): Uint8Array {
  try {
    return decodeBase64(text)
  } catch (cause) {
    throw noteErrors('note.malformed', 'not a checkpoint: not canonical base64', { cause })
  }
}

function malformed(what: string): WheelsealError {
  return noteErrors('note.malformed', `not a checkpoint: ${what}`)
}
