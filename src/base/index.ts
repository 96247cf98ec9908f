/**
 * What every room stands on: bytes, strict and canonical JSON, the error type, and the ports through which
 * time, entropy, network, processes and files come in.
 *
 * Most rooms need two things: `defineErrors` for their failures, and the ports as parameters of their factories.
 * Nothing here does I/O; the real ports are in `host/` and `net/`.
 */
export { bytesEqual, concatBytes, isUtf16, joinBytes, utf8, utf8Decode } from './bytes/bytes.ts'
export { GrowingBytes } from './bytes/growing-bytes.ts'
export { decodeHex, encodeHex } from './bytes/hex.ts'
export { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from './bytes/base64.ts'
export { Cursor } from './bytes/cursor.ts'
export { sha256, sha256Hex } from './bytes/sha256.ts'
export { readCapped } from './bytes/read-capped.ts'
export { canonicalJson } from './json/canonical.ts'
export { parseJson, type JsonLimits, type JsonValue } from './json/strict.ts'
export {
  baseErrors,
  defineErrors,
  describeError,
  errorKinds,
  reworded,
  systemReason,
  WheelsealError,
  type ErrorKind,
  type Failure,
} from './errors.ts'
export { formatTime, isoTime, isoTimeMs, parseHttpDate, parseIsoTime } from './iso-time.ts'
export { maskTokens } from './mask-tokens.ts'
export { printable, printableAscii, printableJson } from './printable.ts'
export { Secret } from './secret.ts'
export { shellQuoted } from './shell.ts'
export type { Blob, Blobs, ByteRange, StagedBlob } from './ports/blobs.ts'
export type { Clock } from './ports/clock.ts'
export type { Entropy } from './ports/entropy.ts'
export type { Http, HttpRequest, HttpResponse } from './ports/http.ts'
export type { ProcessStart, RunningProcess } from './ports/process.ts'
export type { Command, CommandResult, Spawn } from './ports/spawn.ts'
export type { Files, Source } from './ports/files.ts'
export type { Log, LogFields, LogLevel } from './ports/log.ts'
