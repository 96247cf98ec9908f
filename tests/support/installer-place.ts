import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { python, uv } from './judges.ts'
import { runProgram } from './program.ts'
import { temporaryFolder } from './server.ts'

/** What one installer has for itself: a home with its caches, a project, and the project's virtual environment. */
export interface Place {
  readonly home: string
  readonly project: string
  /** In the project, as `.venv`. */
  readonly venv: string
  remove(): Promise<void>
}

export interface Installation {
  readonly code: number | null
  /** Of both streams, line ends within a sentence as the client has them. */
  readonly output: string
  /** Name → version of what is in the virtual environment afterwards. */
  readonly installed: Readonly<Record<string, string>>
}

export async function makePlace(): Promise<Place> {
  const { path, remove } = await temporaryFolder()
  const project = join(path, 'project')
  const place = { home: join(path, 'home'), project, venv: join(project, '.venv'), remove }
  await mkdir(place.home)
  await mkdir(place.project)
  return place
}

/** Beside whatever a client wrote there. */
export async function writeProject(
  { project }: Place,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text)
}

/** An empty virtual environment; with the pip of `pipOf`, which is linked, since to copy it takes a second. */
export async function makeEnvironment({ venv }: Place, pipOf?: string): Promise<void> {
  await rm(venv, { recursive: true, force: true })
  const made = await runProgram([uv, 'venv', '--quiet', '--no-config', '--python', python, venv])
  if (made.code !== 0) throw new Error(made.stderr)
  if (pipOf === undefined) return
  const [from, into] = [await packagesOf(join(dirname(pipOf), '..')), await packagesOf(venv)]
  for (const name of await readdir(from))
    if (/^pip(-[\d.]+\.dist-info)?$/.test(name)) await symlink(join(from, name), join(into, name))
}

async function packagesOf(venv: string): Promise<string> {
  const [version = ''] = await readdir(join(venv, 'lib'))
  return join(venv, 'lib', version, 'site-packages')
}

/** What every virtual environment may have. */
const TOOLS = /^(pip|setuptools|wheel)-/

async function installedIn(venv: string): Promise<Record<string, string>> {
  const names = await packagesOf(venv)
    .then((folder) => readdir(folder))
    .catch(() => [])
  const found = names.filter((name) => name.endsWith('.dist-info') && !TOOLS.test(name))
  return Object.fromEntries(
    found.map((name) => {
      const [project = '', version = ''] = name.slice(0, -'.dist-info'.length).split('-')
      return [project.replaceAll('_', '-'), version]
    }),
  )
}

/** Nothing of this machine's own settings, and no line that ends where a terminal would. */
function environmentOf({ home, venv }: Place, own: Readonly<Record<string, string>>) {
  const unset = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]))
  const shown = { COLUMNS: '2000', NO_COLOR: '1', TERM: 'dumb', LANG: 'C.UTF-8' }
  const place = { HOME: home, VIRTUAL_ENV: venv, BACK_END_RAN: join(home, 'back-end-ran') }
  return { ...unset, PATH: process.env['PATH'], ...shown, ...place, ...own }
}

/** Runs the commands one after the other in the project, until one fails. */
export async function runIn(
  place: Place,
  commands: readonly (readonly string[])[],
  own: Readonly<Record<string, string>>,
): Promise<Installation> {
  let output = ''
  let code: number | null = 0
  for (const command of commands) {
    const options = { cwd: place.project, env: environmentOf(place, own) }
    const outcome = await runProgram(command, options)
    output += outcome.stdout + outcome.stderr
    ;({ code } = outcome)
    if (code !== 0) break
  }
  return { code, output, installed: await installedIn(place.venv) }
}
