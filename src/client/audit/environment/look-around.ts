import { opendir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { AuditFinding } from '../report.ts'
import type { Sites } from './find-sites.ts'

export interface Surroundings {
  readonly findings: readonly AuditFinding[]
  /** Files of `__pycache__`. */
  readonly bytecodeFiles: number
}

const MAX_ENTRIES = 1_000_000
const MAX_FINDINGS = 20
/** Python runs or loads them without being told. */
const RUNS = /\.(?:py|pyw|pyc|pth|so|pyd|dll|dylib|egg-link)$/i
/** virtualenv and uv put them into every environment. */
const OF_VENV: ReadonlySet<string> = new Set(['_virtualenv.py', '_virtualenv.pth'])

/** What lies in the folders of the distributions and belongs to none of them. No link is followed. */
export async function lookAround(sites: Sites, recorded: ReadonlySet<string>): Promise<Surroundings> {
  const [strays, open] = [[] as Stray[], [...sites.folders]]
  let [bytecodeFiles, entries] = [0, 0]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for await (const entry of await opendir(join(sites.root, folder))) {
      const place = posix.join(folder, entry.name)
      if ((entries += 1) > MAX_ENTRIES) return tooMany(strays, bytecodeFiles)
      if (entry.isDirectory()) open.push(place)
      else if (entry.isFile() && isBytecode(place)) bytecodeFiles += 1
      else if (!recorded.has(place)) strays.push({ place, isFile: entry.isFile() })
    }
  }
  return { findings: findingsOf(strays), bytecodeFiles }
}

interface Stray {
  readonly place: string
  readonly isFile: boolean
}

/** Elsewhere bytecode is a module of its own, and no copy of one. */
function isBytecode(place: string): boolean {
  return place.endsWith('.pyc') && posix.basename(posix.dirname(place)) === '__pycache__'
}

function tooMany(strays: readonly Stray[], bytecodeFiles: number): Surroundings {
  const fact = `the environment has more than ${MAX_ENTRIES} files`
  return {
    findings: [...findingsOf(strays), { code: 'audit.undecided', severity: 'error', fact }],
    bytecodeFiles,
  }
}

function findingsOf(strays: readonly Stray[]): readonly AuditFinding[] {
  const all = strays.map(findingOf).toSorted((a, b) => rank(a) - rank(b) || (a.fact < b.fact ? -1 : 1))
  const shown = all.slice(0, MAX_FINDINGS)
  const rest = all.slice(MAX_FINDINGS)
  const [next] = rest
  if (next === undefined) return shown
  const { code, severity } = next
  return [...shown, { code, severity, fact: `${rest.length} more files belong to no distribution` }]
}

function rank({ severity }: AuditFinding): number {
  return severity === 'error' ? 0 : 1
}

function findingOf({ place, isFile }: Stray): AuditFinding {
  const isRun = !isFile || RUNS.test(place)
  const severity = isRun && !OF_VENV.has(posix.basename(place)) ? 'error' : 'warning'
  const fact = isFile ? 'belongs to no distribution' : 'is a link, or not a file'
  return { code: 'audit.stray', severity, fact: `${place} ${fact}`, file: place }
}
