import { utf8Decode, WheelsealError } from '../../base/index.ts'
import {
  parseSeals,
  readCertificateFile,
  readSignatureFile,
  type SealParts,
} from '../../formats/sigstore/index.ts'
import { verifyErrors } from '../errors.ts'

/** A seal as it was found. Everything in it is an enemy's. */
export type FoundSeal =
  | { readonly kind: 'bundle'; readonly bytes: Uint8Array }
  | { readonly kind: 'pair'; readonly signature: Uint8Array; readonly certificate?: Uint8Array }
  | { readonly kind: 'provenance'; readonly bytes: Uint8Array }

/** What is in a file of seals, or in the two of a pair. */
export interface SealFile {
  /** As people know it: its path, of a pair that of the signature first. */
  readonly paths: readonly string[]
  readonly kind: FoundSeal['kind']
  /** One, or those of an attestation object, or of bundles one a line. A pair has no log entry. */
  readonly seals: readonly SealParts[]
  /** Bundles one a line may be about several files; what is about others says nothing of this one. */
  readonly layout: 'one object' | 'one a line'
  /** The text that could not be read, where one could not; its verdict says what is wrong with it. */
  readonly unreadable?: string
}

/** Throws what is wrong with the form of a pair (`sigstore.…`), with the number of seals or their kind (`verify.no-seal`). */
export function readSealFile(paths: readonly string[], found: FoundSeal): SealFile {
  const { kind } = found
  if (kind === 'pair') return { paths, kind, seals: [readPair(found)], layout: 'one object' }
  const file = { paths, kind, ...readTexts(sealText(found.bytes), kind) }
  if (kind === 'provenance' && file.seals.some(({ envelope }) => envelope === undefined))
    throw verifyErrors('verify.no-seal', `${paths.join(', ')} is a signature, not an attestation`, {
      hint: 'use --bundle for it',
    })
  return file
}

type ReadTexts = Pick<SealFile, 'seals' | 'layout' | 'unreadable'>

function readTexts(text: string, kind: 'bundle' | 'provenance'): ReadTexts {
  const lines = bundleLines(text)
  const layout = lines === undefined ? 'one object' : 'one a line'
  const seals: SealParts[] = []
  for (const one of lines ?? [text]) {
    const read = readText(one)
    if (read === undefined) return { seals, layout, unreadable: one }
    if (kind === 'bundle' && read.length > 1)
      throw verifyErrors(
        'verify.no-seal',
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
  throw verifyErrors(
    'verify.no-seal',
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
