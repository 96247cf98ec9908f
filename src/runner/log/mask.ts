import { runnerErrors } from '../errors.ts'
import { createNeedles, START_STATE, type Needle, type Needles } from './needles.ts'

const MASK = Buffer.from('[MASKED]')
/** Shorter values would mask ordinary text; GitLab has the same bound. */
const MIN_SECRET_LENGTH = 8
const MIN_PREFIX_LENGTH = 3
const TOKEN_CHARACTERS = new Set(
  Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.=-', 'latin1'),
)

export interface Masker {
  write(chunk: Uint8Array): Uint8Array
  /** What was held back because it might have become a secret; what is written next begins anew. */
  end(): Uint8Array
}

/**
 * Replaces secrets by `[MASKED]`, and what follows a token prefix, in whatever chunks they come. Overlapping secrets
 * become one mask, so that no tail of one shows. Each byte is looked at once, whatever a job prints, and no more is
 * held back than the longest secret. Throws `runner.payload` for more secrets than can be looked for.
 */
export function createMasker(secrets: readonly string[], tokenPrefixes: readonly string[]): Masker {
  const prefixes = tokenPrefixes.filter(({ length }) => length >= MIN_PREFIX_LENGTH)
  const needles = createNeedles([
    ...[...new Set(secrets.flatMap(spellings))].map((text) => needle(text, 'secret')),
    ...prefixes.map((text) => needle(text, 'prefix')),
  ])
  if (needles === undefined)
    throw runnerErrors('runner.payload', 'the secrets of the job are too long to mask')
  const state: State = {
    pending: new Uint8Array(0),
    offset: 0,
    read: 0,
    place: START_STATE,
    spans: [],
    isToken: false,
  }
  return {
    write: (chunk) => write(state, needles, chunk),
    end: () => {
      const rest = emit(state, state.read)
      state.place = START_STATE
      state.spans.length = 0
      state.isToken = false
      return rest
    },
  }
}

function needle(text: string, kind: Needle['kind']): Needle {
  return { bytes: Buffer.from(text, 'utf8'), kind }
}

/** A secret also shows line by line, percent-encoded, and in Base64, as in Basic credentials. */
function spellings(secret: string): string[] {
  if (secret.length < MIN_SECRET_LENGTH) return []
  const lines = secret.split(/\r?\n/).filter(({ length }) => length >= MIN_SECRET_LENGTH)
  const basic = Buffer.from(`gitlab-ci-token:${secret}`).toString('base64')
  const encoded = [0, 1, 2].flatMap((shift) => base64Within(secret, shift))
  return [secret, ...lines, encodeURIComponent(secret.toWellFormed()), basic, ...encoded]
}

/** The Base64 characters that stand for the secret alone where so many bytes of a group of three come before it. */
function base64Within(secret: string, shift: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
  const first = Math.ceil((shift * 4) / 3)
  const last = Math.floor((bytes.length * 4) / 3)
  const own = bytes.toString('base64').slice(first, last)
  return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
}

interface Span {
  start: number
  end: number
  /** Its mask is given out already; what still comes of it is left out. */
  isWritten: boolean
}

interface State {
  /** From `offset` to `read`: read, and not given out yet. */
  pending: Uint8Array
  offset: number
  read: number
  place: number
  /** What is masked of the pending bytes, in order and apart from each other. */
  readonly spans: Span[]
  /** The last byte belongs to what follows a token prefix, or is the prefix's last. */
  isToken: boolean
}

function write(state: State, needles: Needles, chunk: Uint8Array): Uint8Array {
  state.pending = state.pending.length === 0 ? chunk : Buffer.concat([state.pending, chunk])
  // By index: an iterator would take ten times as long, for each byte of each log.
  for (let index = 0; index < chunk.length; index++) step(state, needles, chunk[index] ?? 0)
  return emit(state, state.read - needles.depth(state.place))
}

function step(state: State, needles: Needles, byte: number): void {
  const at = state.read++
  state.place = needles.next(state.place, byte)
  if (state.isToken) {
    state.isToken = TOKEN_CHARACTERS.has(byte)
    if (state.isToken) addToken(state.spans, at)
  }
  const length = needles.found(state.place, 'secret')
  if (length > 0) addSecret(state.spans, { start: at + 1 - length, end: at + 1, isWritten: false })
  if (needles.found(state.place, 'prefix') > 0) state.isToken = true
}

function addToken(spans: Span[], at: number): void {
  const last = spans.at(-1)
  if (last !== undefined && last.end >= at) last.end = Math.max(last.end, at + 1)
  else spans.push({ start: at, end: at + 1, isWritten: false })
}

/** Takes in all that it overlaps; what only touches it stays a mask of its own. */
function addSecret(spans: Span[], added: Span): void {
  for (let last = spans.at(-1); last !== undefined && last.end > added.start; last = spans.at(-1)) {
    added.start = Math.min(added.start, last.start)
    added.isWritten ||= last.isWritten
    spans.pop()
  }
  spans.push(added)
}

/** All before `until`, with its masks. A span that goes on stays, so that its rest is left out too. */
function emit(state: State, until: number): Uint8Array {
  const parts: Uint8Array[] = []
  let from = state.offset
  let done = 0
  for (const span of state.spans) {
    if (span.start >= until) break
    if (span.start > from) parts.push(state.pending.subarray(from - state.offset, span.start - state.offset))
    if (!span.isWritten) parts.push(MASK)
    span.isWritten = true
    from = Math.max(from, Math.min(span.end, until))
    if (span.end <= until && span.end < state.read) done++
  }
  if (from < until) parts.push(state.pending.subarray(from - state.offset, until - state.offset))
  const out = Buffer.concat(parts)
  // Copies: the chunk belongs to who gave it.
  state.pending = new Uint8Array(state.pending.subarray(until - state.offset))
  state.spans.splice(0, done)
  state.offset = until
  return new Uint8Array(out)
}
