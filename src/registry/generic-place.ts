import { parseFileName } from '../formats/python/index.ts'
import { registryErrors } from './errors.ts'

/** Where a generic file stands; an enemy wrote it. */
export interface GenericPlace {
  readonly name: string
  readonly version: string
  /** May have folders before it: `docs/api.json`. */
  readonly fileName: string
}

/**
 * GitLab's, with the `!` of epochs: every distribution that can be published has a place for its signature, under its
 * own version and its own name with an ending. What a folder may be called is what a file may be called.
 */
const FORMS = {
  name: /^[A-Za-z0-9._+-]+$/,
  version: /^(?!.*\.\.)[A-Za-z0-9_.+!-]+$/,
  fileName: /^(?!~)[A-Za-z0-9._+!~@-]+(?<![~])$/,
} as const
const WORDS = { name: 'package name', version: 'package version', fileName: 'file name' } as const
/** A distribution's name has at most 255; the longest ending is `.publish.attestation`. */
const MAX_LENGTHS = { name: 255, version: 255, fileName: 255 + 20 } as const

/** Throws `registry.generic-name`. */
export function checkGenericPlace(place: GenericPlace): void {
  for (const part of ['name', 'version', 'fileName'] as const) {
    const text = place[part]
    if (text.length <= MAX_LENGTHS[part] && partsOf(part, text).every((one) => isFit(part, one))) continue
    const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
    throw registryErrors('registry.generic-name', `${shown} is not a ${WORDS[part]}`)
  }
}

function partsOf(part: keyof GenericPlace, text: string): readonly string[] {
  return part === 'fileName' ? text.split('/') : [text]
}

function isFit(part: keyof GenericPlace, text: string): boolean {
  return FORMS[part].test(text) && text !== '.' && text !== '..'
}

/** By which the file is kept and listed: GitLab writes each slash as `%2F`, which no part of a name can hold. */
export function keptName({ fileName }: GenericPlace): string {
  return fileName.replaceAll('/', '%2F')
}

/** The last part of a kept name: under this name a client saves the file. */
export function savedName(kept: string): string {
  return kept.split('%2F').at(-1) ?? kept
}

/** What may stand beside a distribution, in the words of the tutorial, of Sigstore and of PEP 740. */
const SIDE_ENDINGS = ['.sig', '.crt', '.sigstore.json', '.publish.attestation'] as const

interface SideFile {
  /** File name of the distribution. */
  readonly distribution: string
  readonly ending: (typeof SIDE_ENDINGS)[number]
}

/** Undefined for what is not the name of a distribution with one of the endings. */
export function sideFileOf(fileName: string): SideFile | undefined {
  for (const ending of SIDE_ENDINGS) {
    const distribution = fileName.slice(0, -ending.length)
    if (fileName.endsWith(ending) && isDistribution(distribution)) return { distribution, ending }
  }
  return undefined
}

function isDistribution(fileName: string): boolean {
  try {
    parseFileName(fileName)
    return true
  } catch {
    return false
  }
}
