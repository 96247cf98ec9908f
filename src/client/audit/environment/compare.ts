import { posix } from 'node:path'
import { utf8Decode } from '../../../base/index.ts'
import type { WheelRecordEntry } from '../../../formats/python/archive/index.ts'
import type { AuditFinding } from '../report.ts'
import type { Disk, OnDisk } from './disk.ts'
import type { Installed } from './installed.ts'
import { callsOnly, isRewritten, readEntryPoints, type EntryPoint } from './scripts.ts'

const MAX_SCRIPT_BYTES = 1 << 20
const MAX_FINDINGS = 20

/**
 * What of an installed distribution is not as in its wheel: files that differ, are gone or were added. Every byte that
 * the wheel has a digest of is read. The wheel's RECORD is that of verified bytes; the environment's is not believed.
 */
export async function compareInstalled(
  installed: Installed,
  { wheel, disk }: { readonly wheel: readonly WheelRecordEntry[]; readonly disk: Disk },
): Promise<readonly AuditFinding[]> {
  const own = new Map(installed.record.map(({ path }) => [posix.join(installed.site, path), path]))
  const headers = headersOf(own)
  const facts: Fact[] = []
  const ofWheel = new Set<string>()
  for (const entry of wheel) {
    if (isOfRecord(entry.path)) continue
    const place = placeOf(entry.path, { installed, own, headers })
    own.delete(place)
    ofWheel.add(place)
    const fact = await fileFact(entry, { place, disk })
    if (fact !== undefined) facts.push({ file: place, fact })
  }
  facts.push(...(await addedFacts([...own.keys()], { installed, disk, ofWheel })))
  return findingsOf(facts, installed.site)
}

interface Fact {
  readonly file: string
  readonly fact: string
}

function findingsOf(facts: readonly Fact[], site: string): readonly AuditFinding[] {
  const shown = facts.slice(0, MAX_FINDINGS).map(({ file, fact }): AuditFinding => {
    const brief = file.startsWith(`${site}/`) ? file.slice(site.length + 1) : file
    return {
      code: 'audit.changed',
      severity: 'error',
      fact: `${file} ${fact}`,
      brief: `${brief} ${fact}`,
      file,
    }
  })
  const rest = facts.length - shown.length
  if (rest === 0) return shown
  return [
    ...shown,
    { code: 'audit.changed', severity: 'error', fact: `${rest} more files are not as in the wheel` },
  ]
}

/** They cannot stand in RECORD with a digest. */
function isOfRecord(path: string): boolean {
  return /^[^/]+\.dist-info\/RECORD(?:\.jws|\.p7s)?$/.test(path)
}

interface Places {
  readonly installed: Installed
  /** What RECORD of the environment has and nothing stands for yet: path from the root. */
  readonly own: ReadonlyMap<string, string>
  /** Of those the header files, by their path in the wheel. */
  readonly headers: ReadonlyMap<string, string>
}

/** `include/site/python3.13/NAME/…` of pip and uv. */
function headersOf(own: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...own.keys()].flatMap((place) => {
      const rest = /^include\/(?:site\/)?python[^/]*\/[^/]+\/(.+)$/s.exec(place)?.[1]
      return rest === undefined ? [] : [[rest, place] as const]
    }),
  )
}

/** Where an installer puts a file of a wheel (binary distribution format, ".data"). */
function placeOf(path: string, { installed, own, headers }: Places): string {
  const [, scheme = '', rest = path] =
    /^[^/]+\.data\/(purelib|platlib|scripts|headers|data)\/(.+)$/s.exec(path) ?? []
  if (scheme === 'headers') return headers.get(rest) ?? `include/${rest}`
  if (scheme === 'data') return posix.normalize(rest)
  if (scheme !== 'scripts') return posix.join(installed.site, rest)
  const windows = posix.join('Scripts', rest)
  return own.has(windows) ? windows : posix.join('bin', rest)
}

const WORDS: Readonly<Record<Exclude<OnDisk<unknown>['kind'], 'file'>, string>> = {
  absent: 'is missing',
  'no file': 'is a link, or not a file',
  outside: 'is outside of the environment',
  unreadable: 'cannot be read',
}

async function fileFact(
  { digest }: WheelRecordEntry,
  { place, disk }: { readonly place: string; readonly disk: Disk },
): Promise<string | undefined> {
  if (digest === null) return 'has no digest in the wheel'
  const found = await disk.digest(place, digest.algorithm)
  if (found.kind !== 'file') return WORDS[found.kind]
  if (found.value === digest.hex) return undefined
  if (/^(?:bin|Scripts)\//.test(place)) {
    const script = await disk.read(place, MAX_SCRIPT_BYTES)
    if (script.kind === 'file' && isRewritten(script.value, digest)) return undefined
  }
  return 'is not as in the wheel'
}

/** Written by installers into `.dist-info`, and run by nobody. */
const INSTALLER_FILES: ReadonlySet<string> = new Set([
  'RECORD',
  'INSTALLER',
  'REQUESTED',
  'direct_url.json',
  'uv_cache.json',
  'uv_build.json',
])

interface Around {
  readonly installed: Installed
  readonly disk: Disk
  /** Where the files of the wheel are, compared already. */
  readonly ofWheel: ReadonlySet<string>
}

/** What RECORD of the environment has beside the files of the wheel, and what installers do not explain. */
async function addedFacts(recorded: readonly string[], around: Around): Promise<readonly Fact[]> {
  const { installed, disk } = around
  const facts: Fact[] = []
  const entryPoints = await entryPointsOf(around)
  const scripts = await unrecordedScripts(entryPoints, around)
  for (const place of new Set([...recorded, ...scripts])) {
    const [folder, file] = [posix.dirname(place), posix.basename(place)]
    if (folder === installed.info && INSTALLER_FILES.has(file)) continue
    // Bytecode has no digest of the wheel; where it may lie is looked at for the whole environment.
    if (posix.basename(folder) === '__pycache__' && file.endsWith('.pyc')) continue
    const fact = await scriptFact(place, { entryPoints, disk })
    if (fact !== undefined) facts.push({ file: place, fact })
  }
  return facts
}

/** The file was compared with that of the wheel before: whoever changed it has a finding of its own. */
async function entryPointsOf({
  installed,
  disk,
}: Omit<Around, 'ofWheel'>): Promise<ReadonlyMap<string, EntryPoint>> {
  const found = await disk.read(`${installed.info}/entry_points.txt`, MAX_SCRIPT_BYTES)
  try {
    return readEntryPoints(found.kind === 'file' ? utf8Decode(found.value) : '')
  } catch {
    return new Map()
  }
}

/** Under the names of its entry points: who changes a script can take it out of RECORD. */
async function unrecordedScripts(
  entryPoints: ReadonlyMap<string, EntryPoint>,
  { disk, ofWheel }: Around,
): Promise<readonly string[]> {
  if (entryPoints.size === 0) return []
  const places: string[] = []
  for (const folder of ['bin', 'Scripts'] as const)
    for (const name of await disk.names(folder)) {
      const isOwn = entryPoints.has(name) || entryPoints.has(withoutPython(name))
      if (isOwn && !ofWheel.has(`${folder}/${name}`)) places.push(`${folder}/${name}`)
    }
  return places
}

/** Installers name these two after the Python too. */
function withoutPython(name: string): string {
  return name.replace(/^(pip|easy_install)-?3(?:\.[0-9]{1,3})?$/, '$1')
}

async function scriptFact(
  place: string,
  { entryPoints, disk }: { readonly entryPoints: ReadonlyMap<string, EntryPoint>; readonly disk: Disk },
): Promise<string | undefined> {
  const name = /^(?:bin|Scripts)\/([^/]+)$/.exec(place)?.[1] ?? ''
  const entryPoint = entryPoints.get(name) ?? entryPoints.get(withoutPython(name))
  // A launcher of Windows is a program of the installer's, with the same script behind it.
  if (entryPoint === undefined && entryPoints.has(name.replace(/\.exe$/, ''))) return undefined
  if (entryPoint === undefined) return 'is not in the wheel'
  const script = await disk.read(place, MAX_SCRIPT_BYTES)
  if (script.kind !== 'file') return WORDS[script.kind]
  return callsOnly(script.value, entryPoint) ? undefined : 'does more than to call its entry point'
}
