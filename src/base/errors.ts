/**
 * A failure is a fact, a hint and a stable code. Each room declares its codes once, in its own `errors.ts`:
 *
 *     export const registryErrors = defineErrors({
 *       'registry.digest-mismatch': { status: 400, exit: 1, summary: 'The bytes are not those announced.', hint: 'Upload the file again.' },
 *     })
 *     throw registryErrors('registry.digest-mismatch', `sha256 is ${got}, the form says ${expected}`)
 *
 * The fact says what was seen, in lower case and without a stop; it never holds a secret. The hint says what to do
 * next. Both may quote what an enemy wrote: they are made printable here, once, for every place that shows them.
 * `docs/reference/errors.md` has a row for each code; a test compares them.
 */
import { printable } from './printable.ts'

export interface ErrorKind {
  /** HTTP status at a server's edge. */
  readonly status: number
  /** Exit code of the command line: 1 refused or failed, 2 wrong usage. */
  readonly exit: 1 | 2
  /** One sentence for the documentation. */
  readonly summary: string
  readonly hint: string
  /** Of a 429: when the client may try again. */
  readonly retryAfterSeconds?: number
  /** Of a status that else invites to try again: the same request fails until somebody has mended something. */
  readonly lasts?: true
}

export interface Failure {
  /** Replaces the catalogue's hint where more is known. */
  readonly hint?: string
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

export class WheelsealError extends Error {
  readonly code: string
  readonly hint: string
  readonly status: number
  readonly exit: 1 | 2
  readonly lasts: boolean
  readonly retryAfterSeconds: number | undefined

  /** Several facts, each on a line of the message, where several things are wrong at once. */
  constructor(
    code: string,
    fact: string | readonly string[],
    kind: ErrorKind & { readonly cause?: unknown },
  ) {
    const facts = typeof fact === 'string' ? [fact] : fact
    super(
      facts.map((one) => printable(one)).join('\n'),
      kind.cause === undefined ? undefined : { cause: kind.cause },
    )
    this.name = 'WheelsealError'
    this.code = code
    this.hint = printable(kind.hint)
    this.status = kind.status
    this.exit = kind.exit
    this.lasts = kind.lasts === true
    this.retryAfterSeconds = kind.retryAfterSeconds
  }
}

/** The same failure, where more is known of it: a path, whose file it is, what to do. */
export function reworded(error: WheelsealError, { fact = error.message, hint = error.hint }): WheelsealError {
  const { code, status, exit, lasts, cause } = error
  const kind = { status, exit, summary: '', hint, ...(lasts ? { lasts } : {}) }
  return new WheelsealError(code, fact.split('\n'), { ...kind, cause })
}

const catalogue = new Map<string, ErrorKind>()

/** Registers a room's codes and returns the constructor of its errors. Codes read `room.what-is-wrong`. */
export function defineErrors<Code extends string>(
  kinds: Readonly<Record<Code, ErrorKind>>,
): (code: Code, fact: string, failure?: Failure) => WheelsealError {
  for (const [code, kind] of Object.entries<ErrorKind>(kinds)) catalogue.set(code, kind)
  return (code, fact, failure) => new WheelsealError(code, fact, { ...kinds[code], ...failure })
}

/** What a command or a log line shows of anything that was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof WheelsealError) return error.message
  return printable(error instanceof Error ? error.message : String(error))
}

/**
 * The reason alone of a failed system call, for a caller that says the path or address itself. Node's own text is
 * `EACCES: permission denied, scandir '/x'`, or `listen EADDRINUSE: address already in use 127.0.0.1:1`.
 */
export function systemReason(error: unknown): string {
  const text = describeError(error)
  const reason = /^(?:[a-z]+ )?E[A-Z0-9]+: (.+)$/s.exec(text)?.[1]
  if (!(error instanceof Error) || !('syscall' in error) || reason === undefined) return text
  const rest = 'address' in error ? ` ${String(error.address)}` : `, ${String(error.syscall)}`
  return reason.split(rest)[0] ?? reason
}

/** Every code of the rooms that are loaded, for the documentation's test. */
export function errorKinds(): ReadonlyMap<string, ErrorKind> {
  return catalogue
}

export const baseErrors = defineErrors({
  'base.encoding': {
    status: 400,
    exit: 1,
    summary: 'A value is not in the expected encoding.',
    hint: 'use lower-case hex, or canonical base64',
  },
  'base.truncated': {
    status: 400,
    exit: 1,
    summary: 'A binary structure is truncated.',
    hint: 'the file is truncated or of another type; download it again',
  },
  'base.trailing': {
    status: 400,
    exit: 1,
    summary: 'A binary structure is followed by extra bytes.',
    hint: 'remove the extra bytes, or download the file again',
  },
  'base.too-large': {
    status: 413,
    exit: 1,
    summary: 'Input is larger than the limit.',
    hint: 'send less; docs/reference/configuration.md lists the limits',
  },
  'base.blob-damaged': {
    status: 503,
    exit: 1,
    lasts: true,
    summary: 'A stored file is missing or damaged.',
    hint: "operators: 'wheelseal doctor --check-files' lists all damaged files; upload the same bytes again, or copy the file back into blobs/",
  },
  'base.json': {
    status: 400,
    exit: 1,
    summary: 'Text is not JSON, or is JSON with a duplicate key, nested too deeply, or too large.',
    hint: 'send plain JSON (RFC 8259), each key once',
  },
})
