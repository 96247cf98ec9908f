import { quoted, type Findings } from './findings.ts'
import { pathProblem } from './member-names.ts'

export interface Link {
  readonly target: string
  readonly isHard: boolean
}

/**
 * Links that stay inside, whatever else is unpacked, as Python's data filter (PEP 706) wants them. Since no member
 * stands below a link and no target goes up after it went down, what a target says is where it leads.
 */
export class TarLinks {
  readonly #findings: Findings
  readonly #files = new Set<string>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  addFile(path: string): void {
    this.#files.add(path)
  }

  add(path: string, { target, isHard }: Link): void {
    if (isHard ? this.#files.has(target) : staysInside(path, target)) return
    const why = isHard ? 'which is not a file before the link' : 'which leads out of the archive'
    this.#findings.add('distribution.member-type', `${quoted(path)} is a link to ${quoted(target)}, ${why}`)
  }
}

/** Within the first folder of its path, which is the root of an sdist. */
function staysInside(path: string, target: string): boolean {
  const foldersAbove = path.split('/').slice(1, -1).length
  const parts = target.replace(/\/$/, '').split('/')
  const firstDown = parts.findIndex((part) => part !== '..')
  const steps = firstDown < 0 ? parts.length : firstDown
  const rest = parts.slice(steps).join('/')
  return steps <= foldersAbove && (steps === parts.length || pathProblem(rest) === undefined)
}
