import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Spawn } from '../../base/index.ts'
import { inheritedEnvironment, type HostEnvironment } from '../job/host-environment.ts'
import { runnerErrors } from '../errors.ts'

const IMAGE = /^(?:[^\s@]*\/)?python(?::([^\s@]*))?(?:@[^\s]*)?$/
const OLDEST: Version = { major: 3, minor: 9 }
const MAX_PROBE_BYTES = 4_096

/** Which interpreter stands behind a name must be asked: a version manager's shim exists for inactive versions too. */
const PROBE =
  'import sys, venv, ensurepip; print("wheelseal:%d.%d.%d:%s\\nprefix:%s" % (sys.version_info[:3] + (getattr(sys, "_base_executable", None) or sys.executable, sys.base_prefix)))'
const PROBED = /^wheelseal:(\d+)\.(\d+)\.(\d+):(\/.*)$(?:\nprefix:(\/.*)$)?/m

interface Version {
  readonly major: number
  readonly minor: number
}

export interface Python {
  readonly executable: string
  /** Three numbers. */
  readonly version: string
  /** Where its library and its scripts are: `/usr` for the system's, else a folder of its own. */
  readonly prefix: string
}

export interface WantedPython {
  /** As the image spells it, such as `3.10`; empty for any. */
  readonly spelling: string
  readonly version: Version | undefined
}

interface Candidate extends Version {
  readonly program: string
}

/** What `python:3.10-slim` or `registry.example/python:3` asks for; undefined for other images. */
export function pythonOfImage(image: string): WantedPython | undefined {
  const match = IMAGE.exec(image)
  if (match === null) return undefined
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(match[1] ?? '') ?? []
  if (major === undefined || minor === undefined) return { spelling: '', version: undefined }
  return { spelling: `${major}.${minor}`, version: { major: Number(major), minor: Number(minor) } }
}

export interface PythonFinder {
  /** The exact X.Y, else the nearest newer, else the nearest older from 3.9. Throws `runner.python`. */
  find(wanted: WantedPython): Promise<Python>
}

/** Looks at the machine once, and at each interpreter at most once. */
export function createPythonFinder(spawn: Spawn, host: HostEnvironment): PythonFinder {
  const probes = new Map<string, Promise<Python | undefined>>()
  let known: Promise<readonly Candidate[]> | undefined
  const probe = (program: string): Promise<Python | undefined> => {
    const probing = probes.get(program) ?? probePython(spawn, program, host)
    probes.set(program, probing)
    return probing
  }
  return {
    find: async ({ version }) => {
      known ??= candidates(host)
      for (const { program, minor } of inOrder(await known, version)) {
        const python = await probe(program)
        if (python !== undefined && isAsAnnounced(python, minor)) return python
      }
      throw runnerErrors(
        'runner.python',
        'no Python 3.9 or newer with the modules venv and ensurepip was found',
      )
    },
  }
}

/** A program that is not what its name says is looked at under its own name, if it has one. */
function isAsAnnounced({ version }: Python, minor: number): boolean {
  const [, actual = ''] = version.split('.')
  return minor === Number.POSITIVE_INFINITY ? Number(actual) >= OLDEST.minor : Number(actual) === minor
}

async function candidates(host: HostEnvironment): Promise<readonly Candidate[]> {
  const onPath = await Promise.all((inheritedEnvironment(host)['PATH'] ?? '').split(':').map(programsIn))
  const found = [...onPath.flat(), ...(await pyenvVersions(host))]
  return [{ program: 'python3', major: 3, minor: Number.POSITIVE_INFINITY }, ...found]
}

async function programsIn(folder: string): Promise<Candidate[]> {
  const names = folder.startsWith('/') ? await readdir(folder).catch(() => []) : []
  return names.flatMap((name) => {
    const [, minor] = /^python3\.(\d{1,3})$/.exec(name) ?? []
    return minor === undefined ? [] : [{ program: join(folder, name), major: 3, minor: Number(minor) }]
  })
}

/** By folder: pyenv's own shims answer only for the versions that are switched on. */
async function pyenvVersions(host: HostEnvironment): Promise<Candidate[]> {
  const root = join(host['PYENV_ROOT'] ?? join(host['HOME'] ?? homedir(), '.pyenv'), 'versions')
  const names = await readdir(root).catch(() => [])
  return names
    .flatMap((name) => {
      const [, minor, patch] = /^3\.(\d{1,3})\.(\d{1,3})$/.exec(name) ?? []
      if (minor === undefined) return []
      return [
        { program: join(root, name, 'bin', 'python3'), major: 3, minor: Number(minor), patch: Number(patch) },
      ]
    })
    .toSorted((a, b) => b.patch - a.patch)
}

/** Exact first, then newer ones upwards, then older ones downwards. Without a wish: `python3`, then the newest. */
function inOrder(known: readonly Candidate[], wanted: Version | undefined): readonly Candidate[] {
  const usable = known.filter(({ minor }) => minor >= Math.min(OLDEST.minor, wanted?.minor ?? OLDEST.minor))
  if (wanted === undefined || wanted.major !== 3) return usable.toSorted((a, b) => b.minor - a.minor)
  const distance = ({ minor }: Candidate): number =>
    minor >= wanted.minor ? minor - wanted.minor : 1_000 + wanted.minor - minor
  const named = usable.filter(({ minor }) => Number.isFinite(minor))
  const any = usable.filter(({ minor }) => !Number.isFinite(minor))
  return [...named.toSorted((a, b) => distance(a) - distance(b)), ...any]
}

async function probePython(
  spawn: Spawn,
  program: string,
  host: HostEnvironment,
): Promise<Python | undefined> {
  let text = ''
  const env = { ...inheritedEnvironment(host), HOME: host['HOME'] ?? homedir() }
  const result = await spawn
    .run({
      argv: [program, '-I', '-c', PROBE],
      env,
      onOutput: (chunk, stream) => {
        if (stream === 'stdout' && text.length < MAX_PROBE_BYTES) text += Buffer.from(chunk).toString('utf8')
      },
    })
    .catch(() => undefined)
  const [, major, minor, patch, executable, prefix] = PROBED.exec(text) ?? []
  if (result?.exitCode !== 0 || executable === undefined) return undefined
  return { executable, version: `${major}.${minor}.${patch}`, prefix: prefix ?? dirname(dirname(executable)) }
}

export interface ChosenPython {
  /** The one line in the job log that says which Python serves the image. */
  readonly text: string
  /** It is not the version that the image names. */
  readonly isOther: boolean
}

export function describePython(image: string, wanted: WantedPython, { version }: Python): ChosenPython {
  const isOther = wanted.spelling !== '' && !version.startsWith(`${wanted.spelling}.`)
  const why = isOther ? ` (${wanted.spelling} is not installed here; ${wayTo(wanted)})` : ''
  return { text: `image ${image} → Python ${version} of this machine${why}`, isOther }
}

function wayTo({ spelling, version }: WantedPython): string {
  const isTooOld = version?.major !== OLDEST.major || version.minor < OLDEST.minor
  return isTooOld
    ? `jobs run with Python ${OLDEST.major}.${OLDEST.minor} or newer`
    : `to run the job with it, put python${spelling} on the PATH, or run 'pyenv install ${spelling}'`
}
