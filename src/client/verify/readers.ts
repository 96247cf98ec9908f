/**
 * The one place of the command that knows formats: what the files of a seal and of a trust root hold, as `verify/` takes
 * it. Everything in a seal is an enemy's.
 */
import { describeError, sha256Hex, utf8Decode, WheelsealError } from '../../base/index.ts'
import {
  parseSeals,
  readCertificateFile,
  readSignatureFile,
  type SealParts,
} from '../../formats/sigstore/index.ts'
import { parsePublicKeyPem } from '../../formats/x509/index.ts'
import { trustRootFromJson, type TrustRoot } from '../../verify/index.ts'
import { appVerifyErrors } from './errors.ts'

/** A seal as it was found. */
export type FoundSeal =
  | { readonly kind: 'bundle'; readonly bytes: Uint8Array }
  | { readonly kind: 'pair'; readonly signature: Uint8Array; readonly certificate?: Uint8Array }
  | { readonly kind: 'provenance'; readonly bytes: Uint8Array }

/** What there is to verify, all of which must hold. */
export interface ReadSeals {
  /** One, or those of an attestation object, or of bundles one a line. A pair has no entries: the log is to be asked. */
  readonly seals: readonly SealParts[]
  /** Bundles one a line may be about several files; what is about others says nothing of this one. */
  readonly layout: 'one object' | 'one a line'
  /** The text that could not be read, where one could not; its verdict says what is wrong with it. */
  readonly unreadable?: string
}

export interface SealReader {
  /** Throws what is wrong with the form of a pair, or with the number of seals. */
  read(found: FoundSeal): ReadSeals
}

/** What verification starts from. */
export interface TrustStart {
  readonly trustRoot: TrustRoot
  /** Logs of version 1 that can be asked, the newest first. */
  readonly logUrls: readonly string[]
}

export interface TrustRootReader {
  /** `trusted_root.json`. Throws what is wrong with it. */
  read(json: Uint8Array): TrustStart
}

export const trustRootReader: TrustRootReader = {
  read: (json) => {
    const trustRoot = trustRootFromJson(decoded(json))
    // The id of a log of version 1 is that of its key alone.
    const first = trustRoot.logs.filter(({ idHex, spki }) => idHex === sha256Hex(spki))
    return { trustRoot, logUrls: first.flatMap(({ url }) => url ?? []).toReversed() }
  },
}

export const sealReader: SealReader = {
  read: (found) => {
    if (found.kind === 'pair') return { seals: [readPair(found)], layout: 'one object' }
    const text = sealText(found.bytes)
    const lines = bundleLines(text)
    if (lines === undefined) return readTexts([text], found.kind, 'one object')
    return readTexts(lines, found.kind, 'one a line')
  },
}

function readTexts(
  texts: readonly string[],
  kind: 'bundle' | 'provenance',
  layout: ReadSeals['layout'],
): ReadSeals {
  const seals: SealParts[] = []
  for (const text of texts) {
    const read = readText(text)
    if (read === undefined) return { seals, layout, unreadable: text }
    if (kind === 'bundle' && read.length > 1)
      throw appVerifyErrors(
        'client.verify-no-seal',
        `the bundle has ${read.length} attestations, exactly one is expected`,
      )
    for (const seal of read) seals.push(seal)
  }
  return { seals, layout }
}

function readText(text: string): readonly SealParts[] | undefined {
  try {
    return parseSeals(text)
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

const MAX_LINES = 256

/**
 * JSON Lines, as `gh attestation download` writes bundles. Undefined for one JSON text, also over several lines: where
 * the first line is a whole object and not the last, the text as a whole is no JSON, so that no text is read twice.
 */
function bundleLines(text: string): readonly string[] | undefined {
  const first = text.slice(0, text.indexOf('\n') + 1)
  if (!first.trimEnd().endsWith('}') || !isObject(first)) return undefined
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 1) return undefined
  if (lines.length <= MAX_LINES) return lines
  throw appVerifyErrors(
    'client.verify-no-seal',
    `${lines.length} bundles in one file, at most ${MAX_LINES} are allowed`,
  )
}

function isObject(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** RFC 8259 §8.1: JSON is UTF-8 without a byte order mark, which stays and is no JSON. Other bytes read as nothing. */
function sealText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch {
    return ''
  }
}

function readPair({ signature, certificate }: FoundSeal & { readonly kind: 'pair' }): SealParts {
  const parts = { signature: readSignatureFile(signature), entries: [] }
  return certificate === undefined ? parts : { ...parts, certificate: readCertificateFile(certificate) }
}

/** A public key, PEM. Throws `client.verify-key`. */
export function readKey(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return parsePublicKeyPem(utf8Decode(bytes))
  } catch (cause) {
    throw appVerifyErrors('client.verify-key', `${path}: ${describeError(cause)}`, { cause })
  }
}

function decoded(json: Uint8Array): string {
  try {
    return utf8Decode(json)
  } catch (cause) {
    throw appVerifyErrors('client.verify-trusted-root', describeError(cause), { cause })
  }
}
