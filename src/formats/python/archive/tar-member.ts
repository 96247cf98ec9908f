import { distributionErrors } from './errors.ts'
import { quoted } from './findings.ts'
import { checkGlobalPax, checkPax, parsePax } from './pax.ts'
import { text, type TarHeader } from './tar-header.ts'
import type { Link } from './tar-links.ts'

export interface TarMember {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
  readonly size: number
}

/** What headers before a member say of it. */
export interface Before {
  readonly pax?: ReadonlyMap<string, string>
  readonly longPath?: string
  readonly longTarget?: string
}

const PAX = 'x'
const GLOBAL_PAX = 'g'
const LONG_PATH = 'L'
const LONG_TARGET = 'K'
/** Types of headers that say something of what follows. */
export const EXTENSIONS: ReadonlySet<string> = new Set([PAX, GLOBAL_PAX, LONG_PATH, LONG_TARGET])

/** With what one more header says. Throws `distribution.feature`, `distribution.structure`. */
export function extended(before: Before, type: string, bytes: Uint8Array): Before {
  if (type === GLOBAL_PAX || type === PAX) {
    if (Object.keys(before).length > 0) throw mixed()
    const records = parsePax(bytes)
    if (type === PAX) return { pax: records }
    checkGlobalPax(records)
    return before
  }
  const field = type === LONG_PATH ? 'longPath' : 'longTarget'
  if (before.pax !== undefined || before[field] !== undefined) throw mixed()
  return { ...before, [field]: text(bytes) }
}

/** Which of several counts, and for which member, is another matter in each reader. */
function mixed(): Error {
  return distributionErrors(
    'distribution.feature',
    'a member of the tar has several headers that may name it',
  )
}

const KINDS: Readonly<Record<string, TarMember['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'link',
  '2': 'link',
  '5': 'folder',
}

/** Throws `distribution.member-type`, `distribution.headers-differ`, and what its pax header is refused for. */
export function memberOf(header: TarHeader, before: Before): TarMember & Link {
  const { type, size } = header
  if (before.pax !== undefined) checkPax(before.pax, size)
  const { written, target } = namesOf(header, before)
  const kind = KINDS[type]
  if (kind === undefined) throw unknownKind(type, written)
  if (kind !== 'file' && size !== 0)
    throw distributionErrors(
      'distribution.headers-differ',
      `${quoted(written)} is a ${kind}, and has ${size} bytes`,
    )
  const path = kind === 'folder' ? written.replace(/\/$/, '') : written
  return { path, kind, size, target, isHard: type === '1' }
}

function namesOf(header: TarHeader, { pax, longPath, longTarget }: Before) {
  return {
    written: pax?.get('path') ?? longPath ?? header.path,
    target: pax?.get('linkpath') ?? longTarget ?? header.target,
  }
}

function unknownKind(type: string, path: string): Error {
  if (type === 'S') return distributionErrors('distribution.feature', `${quoted(path)} is sparse`)
  return distributionErrors(
    'distribution.member-type',
    `${quoted(path)} is of the type ${quoted(type)}: no file, folder or link`,
  )
}
