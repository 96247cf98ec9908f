const MASK = '[MASKED]'
/** Shorter values would mask ordinary text; GitLab has the same bound. */
const MIN_SECRET_LENGTH = 8
const MIN_PREFIX_LENGTH = 3
const TOKEN_CHARACTER = /^[\w.=-]$/

export interface Masker {
  write(chunk: Uint8Array): Uint8Array
  /** What was held back because it might have become a secret. */
  end(): Uint8Array
}

interface Span {
  readonly start: number
  readonly end: number
}

/** The prefix of a token stays readable: it says what kind of token was there. `start` is behind it. */
interface TokenSpan extends Span {
  readonly prefixStart: number
}

interface State {
  /** Bytes as Latin-1 text, one character a byte, so that chunks may end anywhere. */
  pending: string
  /** So many leading characters of `pending` belong to a mask that is already written. */
  covered: number
  /** The mask goes on as long as token characters come. */
  isOpen: boolean
}

interface Search {
  readonly needles: readonly string[]
  readonly prefixes: readonly string[]
  readonly isLast: boolean
}

/**
 * Replaces secrets by `[MASKED]`, and what follows a token prefix, in whatever chunks they come. Overlapping secrets
 * become one mask, so that no tail of one shows. Holds back no more than the longest secret and prefix.
 */
export function createMasker(secrets: readonly string[], tokenPrefixes: readonly string[]): Masker {
  const needles = [...new Set(secrets.flatMap(spellings))].map(latin1)
  const prefixes = tokenPrefixes.filter(({ length }) => length >= MIN_PREFIX_LENGTH).map(latin1)
  const state: State = { pending: '', covered: 0, isOpen: false }
  return {
    write: (chunk) => {
      state.pending += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')
      return bytesOf(advance(state, { needles, prefixes, isLast: false }))
    },
    end: () => bytesOf(advance(state, { needles, prefixes, isLast: true })),
  }
}

/** A secret also shows percent-encoded, as Basic credentials of a job token, and line by line. */
function spellings(secret: string): string[] {
  if (secret.length < MIN_SECRET_LENGTH) return []
  const lines = secret.split(/\r?\n/).filter(({ length }) => length >= MIN_SECRET_LENGTH)
  const basic = Buffer.from(`gitlab-ci-token:${secret}`).toString('base64')
  return [secret, ...lines, encodeURIComponent(secret.toWellFormed()), basic]
}

function advance(state: State, search: Search): string {
  const text = state.pending
  if (state.isOpen) state.covered = tokenEnd(text, state.covered)
  const tokens = tokenSpans(text, search.prefixes)
  const until = search.isLast ? text.length : heldFrom(text, search, tokens)
  const spans = [...search.needles.flatMap((needle) => findSpans(text, needle)), ...tokens]
  spans.sort((a, b) => a.start - b.start)
  const { written, end } = mask(text, spans, { covered: state.covered, until })
  const carriesOn = state.isOpen && state.covered === text.length
  state.isOpen = carriesOn || tokens.some((token) => token.start < until && token.end === text.length)
  state.pending = text.slice(until)
  state.covered = Math.max(0, end - until)
  return written
}

function mask(text: string, spans: readonly Span[], part: { covered: number; until: number }) {
  let written = ''
  let end = part.covered
  for (const span of spans) {
    if (span.start >= part.until) break
    if (span.start >= end) written += text.slice(end, span.start) + MASK
    end = Math.max(end, span.end)
  }
  if (end < part.until) written += text.slice(end, part.until)
  return { written, end }
}

function findSpans(text: string, needle: string): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) {
    spans.push({ start: at, end: at + needle.length })
  }
  return spans
}

function tokenSpans(text: string, prefixes: readonly string[]): TokenSpan[] {
  return prefixes
    .flatMap((prefix) => findSpans(text, prefix))
    .map(({ start, end }) => ({ prefixStart: start, start: end, end: tokenEnd(text, end) }))
    .filter(({ start, end }) => end > start || end === text.length)
}

function tokenEnd(text: string, from: number): number {
  let end = from
  while (TOKEN_CHARACTER.test(text.charAt(end))) end++
  return end
}

/** The first place from which text might still become a secret. A prefix is never parted from its token. */
function heldFrom(text: string, search: Search, tokens: readonly TokenSpan[]): number {
  const starts = [...search.needles, ...search.prefixes].map((needle) => tailStart(text, needle))
  const held = Math.min(text.length, ...starts)
  const parted = tokens.filter(({ prefixStart, start }) => prefixStart < held && start >= held)
  return Math.min(held, ...parted.map(({ prefixStart }) => prefixStart))
}

/** Where the longest end of `text` begins that is a beginning of `needle`. */
function tailStart(text: string, needle: string): number {
  const first = needle.charAt(0)
  let at = text.indexOf(first, Math.max(0, text.length - needle.length + 1))
  while (at !== -1 && !needle.startsWith(text.slice(at))) at = text.indexOf(first, at + 1)
  return at === -1 ? text.length : at
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
