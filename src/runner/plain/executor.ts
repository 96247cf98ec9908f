import { chmod, writeFile } from 'node:fs/promises'
import { arch, platform } from 'node:process'
import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import { RUNNER_VERSION } from '../api/wire.ts'
import { jobEnvironment, type Environment, type HostEnvironment } from '../job/host-environment.ts'
import { runnerErrors } from '../errors.ts'
import type { JobFolders } from '../job/folders.ts'
import type { Job } from '../job/job.ts'
import type { JobLog } from '../log/job-log.ts'
import { carryPipConfig, readPipConfig, type PipConfig } from './pip-config.ts'
import { createPythonFinder, describePython, pythonOfImage, type PythonFinder } from './python.ts'
import { findShell, type Shell } from '../job/script.ts'
import { expand, resolveVariables, tooLargeForEnvironment, type Variables } from '../job/variables.ts'
import { createVenvMaker, type VenvMaker } from './venv.ts'

const OWNER_READS = 0o600

/** What a runner knows of its machine; each thing is looked up at most once. */
export interface Machine {
  readonly host: HostEnvironment
  readonly pythons: PythonFinder
  readonly venvs: VenvMaker
  /** In front of the host's PATH. */
  readonly path: readonly string[]
  pipConfig(): Promise<PipConfig>
  shell(): Promise<Shell>
}

export interface MachineOptions {
  readonly spawn: Spawn
  readonly host: HostEnvironment
  /** Of this runner; seeds of virtual environments live there. */
  readonly work: string
  readonly path: readonly string[]
}

export function createMachine({ spawn, host, work, path }: MachineOptions): Machine {
  const pythons = createPythonFinder(spawn, host)
  return {
    host,
    pythons,
    venvs: createVenvMaker(join(work, 'seeds'), spawn, host),
    path,
    shell: once(() => findShell(host)),
    pipConfig: once(async () => {
      const python = await pythons.find({ spelling: '', version: undefined }).catch(() => undefined)
      return readPipConfig(spawn, python?.executable ?? 'python3', host)
    }),
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

export interface PrepareOptions {
  readonly job: Job
  readonly folders: JobFolders
  readonly machine: Machine
  readonly log: JobLog
}

export interface Prepared {
  readonly variables: Variables
  readonly env: Environment
}

/** Variables, their files, the Python of the image, and the environment of the job's shells. */
export async function prepareEnvironment(options: PrepareOptions): Promise<Prepared> {
  const { job, folders, machine, log } = options
  const { values, files, warnings } = resolveVariables({
    job: job.variables,
    runner: runnerVariables(folders),
    fileFolder: folders.projectTemporary,
  })
  for (const warning of warnings) log.warning(warning)
  for (const { name, content } of files)
    await writeFileVariable(join(folders.projectTemporary, name), content)
  const python = await preparePython(options, values)
  const pip = await preparePip(options)
  const path = [...python.path, ...machine.path]
  const env = jobEnvironment({
    host: machine.host,
    folders,
    variables: values,
    path,
    more: { ...pip, ...python.env },
  })
  const tooLarge = tooLargeForEnvironment(env)
  if (tooLarge !== undefined)
    throw runnerErrors('runner.environment', `variable ${tooLarge} is larger than 128 KiB`)
  return { variables: values, env }
}

/** What only the runner knows (gitlab-surface 3.5). */
function runnerVariables(folders: JobFolders): Record<string, string> {
  return {
    CI_PROJECT_DIR: folders.project,
    CI_BUILDS_DIR: folders.builds,
    CI_CONCURRENT_ID: '0',
    CI_CONCURRENT_PROJECT_ID: '0',
    CI_SERVER: 'yes',
    CI_SHARED_ENVIRONMENT: 'true',
    CI_RUNNER_VERSION: RUNNER_VERSION,
    CI_RUNNER_EXECUTABLE_ARCH: `${platform}/${arch}`,
  }
}

async function writeFileVariable(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: OWNER_READS })
  await chmod(path, OWNER_READS)
}

interface PreparedPython {
  readonly path: readonly string[]
  readonly env: Environment
}

async function preparePython(options: PrepareOptions, variables: Variables): Promise<PreparedPython> {
  const { job, folders, machine, log } = options
  const image = expand(job.image?.name ?? '', variables)
  if (job.services.length > 0) log.warning('services are ignored: this executor starts no containers')
  const wanted = pythonOfImage(image)
  if (wanted === undefined) {
    if (image !== '')
      log.notice(`image ${image} → the programs of this machine (this executor starts no containers)`)
    return { path: [], env: {} }
  }
  const python = await machine.pythons.find(wanted)
  const { text, isOther } = describePython(image, wanted, python)
  if (isOther) log.warning(text)
  else log.notice(text)
  await machine.venvs.make(python, folders)
  return { path: [join(folders.venv, 'bin')], env: { VIRTUAL_ENV: folders.venv } }
}

async function preparePip({ machine, folders, log }: PrepareOptions): Promise<Environment> {
  const config = await machine.pipConfig()
  if (config.dropped.length > 0) {
    log.notice(`pip configuration of this machine: ${config.dropped.join(', ')} not passed to the job`)
  }
  return carryPipConfig(config, folders)
}
