import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import type { Executor, ImageOrder, JobEnvironment } from '../executor.ts'
import { hostFolders, makeFolders, removeFolder, type JobFolders } from '../job/folders.ts'
import type { Environment, HostEnvironment } from '../job/host-environment.ts'
import type { Shell } from '../job/script.ts'
import { jobEnvironment } from './environment.ts'
import { tagPipCache } from './pip-cache.ts'
import { carryPipConfig, pipSecrets, readPipConfig, type PipConfig } from './pip-config.ts'
import { createPythonFinder, describePython, pythonOfImage, type PythonFinder } from './python.ts'
import { findShell, runInShell } from './shell.ts'
import { createVenvMaker, venvOf, type VenvMaker } from './venv.ts'

export interface PlainExecutorOptions {
  readonly spawn: Spawn
  /** The environment of the machine's user, of which a job gets an allow-list. */
  readonly host: HostEnvironment
  /** Job folders and seeds of virtual environments. One runner alone uses it; a short path is better. */
  readonly work: string
  /** Folders in front of the host's PATH, first wins: stock tools, then our own `cosign`. Default none. */
  readonly path?: readonly string[]
}

/**
 * Jobs as processes of this user, in folders of their own that both sides know by the same paths. It does not isolate,
 * and a process that leaves its group outlives its job. `image: python:X.Y` becomes a virtual environment of a Python
 * of this machine; other images are noted in the log and nothing is started for them.
 */
export function createPlainExecutor(options: PlainExecutorOptions): Executor {
  const machine = createMachine(options)
  return {
    name: 'plain',
    isolation:
      'Running with the plain executor, without isolation: a job can read and change everything that this user can',
    secrets: async () => pipSecrets(await machine.pipConfig()),
    open: async (job) => {
      const host = hostFolders(options.work, job)
      await makeFolders(host)
      const folders = { host, job: host }
      return {
        folders,
        prepare: (order) => prepare(machine, folders, order),
        close: () => removeFolder(host.root),
      }
    },
  }
}

/** What an executor knows of its machine; each thing is looked up at most once. */
interface Machine {
  readonly spawn: Spawn
  readonly host: HostEnvironment
  readonly pythons: PythonFinder
  readonly venvs: VenvMaker
  readonly path: readonly string[]
  pipConfig(): Promise<PipConfig>
  shell(): Promise<Shell>
}

function createMachine({ spawn, host, work, path = [] }: PlainExecutorOptions): Machine {
  const pythons = createPythonFinder(spawn, host)
  return {
    spawn,
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

/** The Python of the image, the machine's pip configuration, and the environment of the job's shells. */
async function prepare(machine: Machine, folders: JobFolders, order: ImageOrder): Promise<JobEnvironment> {
  const { spawn, host } = machine
  const python = await preparePython(machine, folders, order)
  const pip = await preparePip(machine, folders, order)
  const path = [...python.path, ...machine.path]
  const env = jobEnvironment({ host, folders: folders.job, path, more: { ...pip, ...python.env } })
  const shell = await machine.shell()
  return {
    shell,
    run: (script) => runInShell({ spawn, shell, cwd: folders.job.project, env }, script),
    beginCache: (paths, variables) => tagPipCache({ paths, variables, folders }),
  }
}

interface PreparedPython {
  readonly path: readonly string[]
  readonly env: Environment
}

async function preparePython(
  machine: Machine,
  { host }: JobFolders,
  { image, log }: ImageOrder,
): Promise<PreparedPython> {
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
  await machine.venvs.make(python, host)
  const venv = venvOf(host)
  return { path: [join(venv, 'bin')], env: { VIRTUAL_ENV: venv } }
}

async function preparePip(machine: Machine, { host }: JobFolders, { log }: ImageOrder): Promise<Environment> {
  const config = await machine.pipConfig()
  if (config.dropped.length > 0) {
    log.notice(`pip configuration of this machine: ${config.dropped.join(', ')} not passed to the job`)
  }
  return carryPipConfig(config, host.home)
}
