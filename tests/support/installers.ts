import { join } from 'node:path'
import { hatch, pdm, pip23Python, pipCompile, pipSync, poetry, python, uv } from './judges.ts'
import {
  makeEnvironment,
  makePlace,
  runIn,
  writeProject,
  type Installation,
  type Place,
} from './installer-place.ts'

/** The only index that a client asks. */
export interface Aim {
  /** With a slash at its end. */
  readonly index: string
  /** Of certificates, for an index behind TLS. */
  readonly authorities?: string
}

/** What is asked for: `demo`, `demo==2.0`. */
export interface Wanted {
  readonly requirement: string
  /** For `hash`: any of these. */
  readonly sha256s?: readonly string[]
}

type Command = readonly string[]

/** One stock client. Every way runs in a project of its own; a client that has no such way leaves it out. */
export interface Installer {
  readonly name: string
  /** Programs that must be there. */
  readonly needs: readonly string[]
  /** Whose pip its virtual environments have. */
  readonly pipOf?: string
  /** As a user sets it once. */
  readonly settings: (aim: Aim) => Readonly<Record<string, string>>
  readonly files: (wanted: Wanted, aim: Aim) => Readonly<Record<string, string>>
  readonly install: (place: Place, wanted: Wanted) => readonly Command[]
  /** Installs what `sha256s` allows. */
  readonly hash?: (place: Place) => readonly Command[]
  /** Writes a lock, installs nothing. */
  readonly lock?: (place: Place, wanted: Wanted) => readonly Command[]
  /** Installs what the lock says. */
  readonly sync?: (place: Place) => readonly Command[]
}

export type Way = 'install' | 'hash' | 'lock' | 'sync'

const ownPython = ({ venv }: Place): string => join(venv, 'bin', 'python')
const pipOf = (place: Place, ...more: readonly string[]): Command => [ownPython(place), '-m', 'pip', ...more]

const HASHED = 'hashed.txt'
const hashed = ({ requirement, sha256s = [] }: Wanted): Record<string, string> => ({
  [HASHED]: [requirement, ...sha256s.map((sha256) => `--hash=sha256:${sha256}`)].join(' '),
})
const projectOf = ({ requirement }: Wanted): string =>
  `[project]
name = "consumer"
version = "0"
requires-python = ">=3.9"
dependencies = ["${requirement}"]
`

const quietPip = { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' }

/** pip caches nothing of plain HTTP, unless it is told to trust the host. */
function pipSettings({ index, authorities }: Aim): Record<string, string> {
  const { hostname, protocol } = new URL(index)
  return {
    ...quietPip,
    PIP_INDEX_URL: index,
    ...(protocol === 'http:' ? { PIP_TRUSTED_HOST: hostname } : {}),
    ...(authorities === undefined ? {} : { PIP_CERT: authorities }),
  }
}

const certificates = ({ authorities }: Aim): Record<string, string> =>
  authorities === undefined ? {} : { SSL_CERT_FILE: authorities, REQUESTS_CA_BUNDLE: authorities }

const pip: Installer = {
  name: 'pip 26.3',
  needs: [python],
  pipOf: python,
  settings: pipSettings,
  files: hashed,
  install: (place, { requirement }) => [pipOf(place, 'install', requirement)],
  hash: (place) => [pipOf(place, 'install', '--require-hashes', '-r', HASHED)],
  lock: (place, { requirement }) => [pipOf(place, 'lock', requirement, '-o', 'pylock.toml')],
  sync: (place) => [pipOf(place, 'install', '-r', 'pylock.toml')],
}

const olderPip: Installer = {
  name: 'pip 23.2',
  needs: [pip23Python],
  pipOf: pip23Python,
  settings: pipSettings,
  files: hashed,
  install: pip.install,
  hash: (place) => [pipOf(place, 'install', '--require-hashes', '-r', HASHED)],
}

const uvClient: Installer = {
  name: 'uv',
  needs: [uv],
  settings: (aim) => ({
    ...certificates(aim),
    UV_DEFAULT_INDEX: aim.index,
    UV_PYTHON: python,
    UV_PYTHON_DOWNLOADS: 'never',
  }),
  files: (wanted) => ({ ...hashed(wanted), 'pyproject.toml': projectOf(wanted) }),
  install: (place, { requirement }) => [[uv, 'pip', 'install', '--python', ownPython(place), requirement]],
  hash: (place) => [[uv, 'pip', 'install', '--python', ownPython(place), '--require-hashes', '-r', HASHED]],
  lock: () => [[uv, 'lock']],
  sync: () => [[uv, 'sync', '--frozen']],
}

const poetryOf = (...argv: readonly string[]): Command => [poetry, '--no-ansi', '--no-interaction', ...argv]

const poetryClient: Installer = {
  name: 'poetry',
  needs: [poetry],
  settings: (aim) => ({
    ...certificates(aim),
    POETRY_VIRTUALENVS_IN_PROJECT: 'true',
    PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
  }),
  files: (wanted, { index }) => ({
    'pyproject.toml': `${projectOf(wanted)}
[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "gate"
url = "${index}"
priority = "primary"
`,
  }),
  install: () => [poetryOf('install')],
  lock: () => [poetryOf('lock')],
  sync: () => [poetryOf('sync')],
}

const pdmClient: Installer = {
  name: 'pdm',
  needs: [pdm],
  settings: (aim) => ({
    ...certificates(aim),
    PDM_PYPI_URL: aim.index,
    PDM_CHECK_UPDATE: 'false',
  }),
  files: (wanted) => ({ 'pyproject.toml': `${projectOf(wanted)}\n[tool.pdm]\ndistribution = false\n` }),
  install: () => [[pdm, 'install']],
  lock: () => [[pdm, 'lock']],
  sync: () => [[pdm, 'sync']],
}

const compile: Command = [pipCompile, '--generate-hashes', '--strip-extras', '--quiet', 'requirements.in']
const syncWith = (place: Place, file: string): Command => [
  pipSync,
  '--python-executable',
  ownPython(place),
  file,
]

const pipTools: Installer = {
  name: 'pip-tools',
  needs: [pipCompile, pipSync],
  pipOf: pip23Python,
  settings: pipSettings,
  files: (wanted) => ({ ...hashed(wanted), 'requirements.in': `${wanted.requirement}\n` }),
  install: (place) => [compile, syncWith(place, 'requirements.txt')],
  hash: (place) => [syncWith(place, HASHED)],
  lock: () => [compile],
  sync: (place) => [syncWith(place, 'requirements.txt')],
}

const hatchClient: Installer = {
  name: 'hatch',
  needs: [hatch],
  pipOf: python,
  // What hatch knows of an environment goes with it.
  settings: (aim) => ({ ...pipSettings(aim), HATCH_PYTHON: python, HATCH_DATA_DIR: '.venv/hatch' }),
  files: ({ requirement }) => ({
    'pyproject.toml': `[project]
name = "consumer"
version = "0"

[tool.hatch.envs.default]
skip-install = true
path = ".venv"
dependencies = ["${requirement}"]
`,
  }),
  install: () => [[hatch, 'run', 'true']],
}

export const INSTALLERS: readonly Installer[] = [
  pip,
  olderPip,
  uvClient,
  poetryClient,
  pdmClient,
  pipTools,
  hatchClient,
]

export const everyInstaller: readonly string[] = [
  ...new Set([uv, ...INSTALLERS.flatMap(({ needs }) => needs)]),
]

export interface Errand {
  readonly installer: Installer
  readonly aim: Aim
  readonly wanted: Wanted
}

/** A project that wants this; its ways share a home, so that later ones have warm caches. */
export interface Consumer {
  readonly place: Place
  /** In a new virtual environment. Undefined where the client has no such way. */
  run(way: Way): Promise<Installation | undefined>
}

export async function newConsumer({ installer, aim, wanted }: Errand): Promise<Consumer> {
  const place = await makePlace()
  await writeProject(place, installer.files(wanted, aim))
  const run = async (way: Way): Promise<Installation | undefined> => {
    const commands = installer[way]?.(place, wanted)
    if (commands === undefined) return undefined
    await makeEnvironment(place, installer.pipOf)
    return runIn(place, commands, installer.settings(aim))
  }
  return { place, run }
}
