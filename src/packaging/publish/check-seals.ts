import { decodeHex, WheelsealError } from '../../base/index.ts'
import {
  readSealFile,
  verifySeal,
  type FoundSeal,
  type SealFile,
  type TrustRoot,
} from '../../verify/index.ts'
import { packagingErrors } from '../errors.ts'
import type { SideFileEnding } from './side-files.ts'

/** By what was read, under the endings. */
export type SideBytes = ReadonlyMap<SideFileEnding, Uint8Array>

export interface Sealed {
  readonly path: string
  readonly fileName: string
  /** Lower-case hex. */
  readonly sha256: string
}

/** Who signed is for those to judge who install: here nobody is trusted, and nobody expected. */
const NOBODY: TrustRoot = { certificateAuthorities: [], logs: [], ctLogs: [] }

/**
 * A seal of other bytes, such as those of an earlier build, is one that everybody would refuse. Throws
 * `packaging.wrong-seal` for it, and for what is no seal.
 */
export function checkSeals(file: Sealed, sides: SideBytes): void {
  for (const [ending, found] of sealsOf(sides)) {
    const path = `${file.path}${ending}`
    const problem = problemOf(read(path, found), file)
    if (problem !== undefined) throw packagingErrors('packaging.wrong-seal', `${path}: ${problem}`)
  }
}

function sealsOf(sides: SideBytes): readonly (readonly [SideFileEnding, FoundSeal])[] {
  const found: (readonly [SideFileEnding, FoundSeal])[] = []
  const [bundle, attestation] = [sides.get('.sigstore.json'), sides.get('.publish.attestation')]
  if (bundle !== undefined) found.push(['.sigstore.json', { kind: 'bundle', bytes: bundle }])
  if (attestation !== undefined)
    found.push(['.publish.attestation', { kind: 'provenance', bytes: attestation }])
  const [signature, certificate] = [sides.get('.sig'), sides.get('.crt')]
  if (signature !== undefined && certificate !== undefined)
    found.push(['.sig', { kind: 'pair', signature, certificate }])
  return found
}

function read(path: string, found: FoundSeal): SealFile {
  try {
    return readSealFile([path], found)
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw packagingErrors('packaging.wrong-seal', `${path}: ${cause.message}`, { cause })
  }
}

/** What a key of another kind signs is not known from the SHA-256 alone, and passes. */
function problemOf({ seals, unreadable }: SealFile, { fileName, sha256 }: Sealed): string | undefined {
  if (unreadable !== undefined || seals.length === 0) return 'it is not a bundle'
  const artifact = { sha256: decodeHex(sha256), fileName }
  const checks = seals.flatMap((seal) => verifySeal({ artifact, seal, trustRoot: NOBODY }).checks)
  const failed = checks.find(
    ({ name, outcome }) => (name === 'signature' || name === 'attestation') && outcome === 'failed',
  )
  return failed?.reason
}
