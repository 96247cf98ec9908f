import { WheelsealError, type Source } from '../../../base/index.ts'
import { parseFileName, type DistributionName } from '../file-name.ts'
import { isName, normalizeName } from '../name.ts'
import { parseVersion } from '../version.ts'
import { distributionErrors } from './errors.ts'
import { Findings, quoted } from './findings.ts'
import { gunzip } from './gzip.ts'
import { LIMITS } from './limits.ts'
import { readTar } from './tar.ts'
import type { TarMember } from './tar-member.ts'
import { windowed } from './windowed.ts'

/** Of which project and version an sdist is by its own word. */
export type SdistWord =
  | { readonly kind: 'same' }
  /** It says so, or unpacks to more than is read. */
  | { readonly kind: 'other'; readonly fact: string }
  /** Nothing in it says: old ones have no PKG-INFO and a folder of any name, and installers take them. */
  | { readonly kind: 'silent'; readonly fact: string }

/** Files PKG-INFO at the top, and fields of one name in it: honest ones have one. */
const MAX_SAID = 8

interface Seen {
  readonly infos: (Uint8Array | undefined)[]
  readonly roots: Set<string>
}

/**
 * Whether an sdist is of the name and version in `fileName`: by every PKG-INFO of a folder at its top, and where none says
 * it by that folder (PEP 625). Nothing else of it is judged (`checkDistribution` does that), and it is read as installers
 * read it: PKG-INFO in any encoding, names in any spelling; where the tar cannot be read on, what was seen before counts.
 * In bounded memory and time (`LIMITS`). Throws `python.file-name`, and what `source` throws.
 */
export async function readSdistWord(fileName: string, source: Source): Promise<SdistWord> {
  const name = parseFileName(fileName)
  if (name.kind !== 'sdist')
    throw distributionErrors('distribution.file-type', `${quoted(fileName)} is not an sdist`)
  const seen: Seen = { infos: [], roots: new Set() }
  const problem = await readAll(source, seen)
  if (problem?.code === 'distribution.too-large') return { kind: 'other', fact: problem.message }
  return wordOf(seen, name, problem?.message)
}

async function readAll(source: Source, { infos, roots }: Seen): Promise<WheelsealError | undefined> {
  try {
    await readTar(gunzip(windowed(source)), new Findings(), {
      want: (member) => (isPkgInfo(member) ? LIMITS.maxMetadataBytes : 0),
      seen: (member, bytes) => {
        if (roots.size < 2) roots.add(landing(member).split('/')[0] ?? '')
        if (isPkgInfo(member) && infos.length <= MAX_SAID) infos.push(bytes)
      },
    })
    return undefined
  } catch (error) {
    if (!(error instanceof WheelsealError) || !error.code.startsWith('distribution.')) throw error
    return error
  }
}

function landing({ path }: TarMember): string {
  return path.replace(/^(?:\.\/)+/, '')
}

/** Also where its name differs in case, which is one file on some systems. */
function isPkgInfo(member: TarMember): boolean {
  return member.kind === 'file' && /^[^/]+\/PKG-INFO$/i.test(landing(member))
}

function wordOf({ infos, roots }: Seen, name: DistributionName, problem?: string): SdistWord {
  if (infos.length > MAX_SAID) return other(`it has more than ${MAX_SAID} files PKG-INFO at its top`)
  const words = infos.map((bytes) =>
    bytes === undefined
      ? other(`its PKG-INFO has more than ${LIMITS.maxMetadataBytes} bytes`)
      : infoWord(bytes, name),
  )
  const decisive = words.find(({ kind }) => kind === 'other') ?? words.find(({ kind }) => kind === 'same')
  return decisive ?? rootWord([...roots], name, problem)
}

function infoWord(bytes: Uint8Array, name: DistributionName): SdistWord {
  const { names, versions } = fieldsOf(bytes)
  if (Math.max(names.length, versions.length) > MAX_SAID)
    return other(`its PKG-INFO has more than ${MAX_SAID} names or versions`)
  const odd = names.find((text) => !isSameName(text, name))
  if (odd !== undefined) return other(`its PKG-INFO is of ${quoted(odd)}`)
  const late = versions.find((text) => !isSameVersion(text, name))
  if (late !== undefined) return other(`its PKG-INFO is of the version ${quoted(late)}`)
  const isWhole = names.length > 0 && versions.length > 0
  return isWhole ? { kind: 'same' } : silent('its PKG-INFO has no name or no version')
}

/** Of a field that is there several times, all. The texts are ASCII where they can be of a file name, whatever the encoding. */
function fieldsOf(bytes: Uint8Array): { readonly names: string[]; readonly versions: string[] } {
  const text = Buffer.from(bytes).toString('latin1')
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length
  const names: string[] = []
  const versions: string[] = []
  for (const [, field = '', value = ''] of text.slice(0, end).matchAll(/^(name|version)[ \t]*:(.*)$/gim)) {
    const list = field.toLowerCase() === 'name' ? names : versions
    if (list.length <= MAX_SAID) list.push(value.trim())
  }
  return { names, versions }
}

/** In file names older tools write `-` for all that no name may have. */
function isSameName(text: string, { name }: DistributionName): boolean {
  const safe = text.replaceAll(/[^A-Za-z0-9._]+/g, '-')
  return isName(safe) && normalizeName(safe) === name
}

function isSameVersion(text: string, { version }: DistributionName): boolean {
  try {
    return parseVersion(text.replaceAll(' ', '.')).key === version.key
  } catch {
    return false
  }
}

function rootWord(
  [root = '', second]: readonly string[],
  name: DistributionName,
  problem = 'it has no PKG-INFO, and its folder is not NAME-VERSION',
): SdistWord {
  const said = second === undefined ? nameOf(root) : undefined
  if (said === undefined) return silent(problem)
  if (said.name === name.name && said.version.key === name.version.key) return { kind: 'same' }
  return other(`it has no PKG-INFO, and the folder ${quoted(root)}`)
}

function nameOf(root: string): DistributionName | undefined {
  try {
    return parseFileName(`${root}.tar.gz`)
  } catch {
    return undefined
  }
}

function other(fact: string): SdistWord {
  return { kind: 'other', fact }
}

function silent(fact: string): SdistWord {
  return { kind: 'silent', fact }
}
