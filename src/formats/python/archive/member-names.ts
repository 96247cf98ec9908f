import type { Findings } from './findings.ts'
import { quoted } from './findings.ts'
import { LIMITS } from './limits.ts'
import { distributionErrors } from './errors.ts'

export type MemberKind = 'file' | 'folder' | 'link'

/** Control characters, also those at which Python's `splitlines` ends a line of RECORD, and lone surrogates. */
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFEFF]/u
const DRIVE = /^[A-Za-z]:/

/** Why a path is not the same, or not within the archive, for every reader. A folder's has no slash at its end. */
export function pathProblem(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (CONTROL.test(path)) return 'has a control character'
  if (path.includes('\\')) return 'has a backslash'
  if (path.startsWith('/')) return 'is absolute'
  if (DRIVE.test(path)) return 'begins with a drive letter'
  const parts = path.split('/')
  if (parts.includes('..')) return 'leads out of its folder'
  if (parts.includes('.') || parts.includes('')) return 'has "." or an empty name in it'
  if (parts.some((part) => part.endsWith(' ') || part.endsWith('.')))
    return 'has a name that ends in "." or " "'
  return undefined
}

/** Every path of an archive: each once, on every system, and none a file that another one has for a folder. */
export class MemberNames {
  readonly #findings: Findings
  readonly #byKey = new Map<string, { readonly path: string; readonly kind: MemberKind }>()
  /** Keys of folders that members stand in. */
  readonly #parents = new Set<string>()
  #bytes = 0

  constructor(findings: Findings) {
    this.#findings = findings
  }

  get count(): number {
    return this.#byKey.size
  }

  /** Throws `distribution.too-large`. */
  add(path: string, kind: MemberKind): void {
    this.#limit(path)
    const problem = pathProblem(path)
    if (problem !== undefined)
      this.#findings.add('distribution.member-path', `the path ${quoted(path)} ${problem}`)
    const key = systemKey(path)
    const before = this.#byKey.get(key)
    if (before !== undefined) this.#collision(path, before.path)
    this.#byKey.set(key, { path, kind })
    this.#addParents(key)
  }

  /** Whether a file has the path of a folder can be said when all are known. */
  finish(): void {
    for (const [key, { path, kind }] of this.#byKey)
      if (kind !== 'folder' && this.#parents.has(key))
        this.#findings.add(
          'distribution.member-collision',
          `${quoted(path)} is a ${kind}, and other members are below it`,
        )
  }

  #limit(path: string): void {
    const bytes = Buffer.byteLength(path)
    this.#bytes += bytes
    if (bytes > LIMITS.maxPathBytes)
      throw distributionErrors(
        'distribution.too-large',
        `a path has ${bytes} bytes; the limit is ${LIMITS.maxPathBytes}`,
      )
    if (this.#byKey.size >= LIMITS.maxMembers)
      throw distributionErrors(
        'distribution.too-large',
        `the archive has more than ${LIMITS.maxMembers} members`,
      )
    if (this.#bytes > LIMITS.maxDirectoryBytes)
      throw distributionErrors(
        'distribution.too-large',
        `the paths have more than ${LIMITS.maxDirectoryBytes} bytes together`,
      )
  }

  #collision(path: string, before: string): void {
    const fact =
      path === before
        ? `${quoted(path)} is in the archive twice`
        : `${quoted(path)} and ${quoted(before)} are one file on some systems`
    this.#findings.add('distribution.member-collision', fact)
  }

  #addParents(key: string): void {
    let depth = 1
    for (let at = key.lastIndexOf('/'); at > 0; at = key.lastIndexOf('/', at - 1)) {
      const parent = key.slice(0, at)
      depth += 1
      if (depth > LIMITS.maxPathDepth)
        throw distributionErrors(
          'distribution.too-large',
          `a path is deeper than ${LIMITS.maxPathDepth} folders`,
        )
      // Its own parents are there already.
      if (this.#parents.has(parent)) return
      this.#parents.add(parent)
    }
  }
}

/** The same for paths that are one file where case or the composition of letters does not count. */
function systemKey(path: string): string {
  return path.normalize('NFC').toLowerCase()
}
