import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Spawn } from '../../base/index.ts'
import type { Executor, ImageOrder, JobEnvironment, JobPlace } from '../executor.ts'
import { hostFolders, makeFolders, removeFolder, type HostFolders, type JobFolders } from '../job/folders.ts'
import type { Job } from '../job/job.ts'
import type { JobNetwork } from '../network.ts'
import { tagPipCache } from '../plain/pip-cache.ts'
import { pipSecrets } from '../plain/pip-config.ts'
import { openConnections } from './connections.ts'
import { chooseImage } from './image.ts'
import { createSandboxMachine, type SandboxMachine } from './machine.ts'
import type { SandboxExecutorOptions } from './options.ts'
import { arrangeSandbox, type Arrangement } from './arrange-sandbox.ts'
import { runScript } from './run-script.ts'

/**
 * Jobs in namespaces of their own: user, mounts, processes, network. Of the host a job sees programs and libraries, and
 * its own folders by GitLab's paths; what it writes elsewhere goes to a layer that ends with it. Works for any user whom
 * the kernel lets make a user namespace; the jobs of root are a user that owns nothing on this machine.
 */
export function createSandboxExecutor(options: SandboxExecutorOptions): Executor {
  const machine = createSandboxMachine(options)
  return {
    name: 'sandbox',
    isolation:
      'Running with the sandbox executor, in namespaces of its own: a job sees programs of this machine, and no other files, processes or networks of it',
    secrets: async () => pipSecrets(await machine.pipConfig()),
    open: (job) => openPlace(options, machine, job),
  }
}

async function openPlace(
  options: SandboxExecutorOptions,
  machine: SandboxMachine,
  job: Pick<Job, 'id' | 'job_info'>,
): Promise<JobPlace> {
  const host = hostFolders(options.work, job)
  await removeJobFolder(machine.spawn, host.root)
  await makeFolders(host)
  const folders: JobFolders = { host, job: jobView(host) }
  const closers: (() => Promise<void>)[] = [() => removeJobFolder(machine.spawn, host.root)]
  return {
    folders,
    prepare: (order) => prepare({ options, machine, job, folders, closers }, order),
    close: async () => {
      for (const close of closers.splice(0).toReversed()) await close()
    },
  }
}

/** A path that is too long for one call, which a job can make step by step, is left to the system's `rm`. */
async function removeJobFolder(spawn: Spawn, path: string): Promise<void> {
  try {
    await removeFolder(path)
  } catch {
    const env = { PATH: '/usr/bin:/bin' }
    await spawn.run({ argv: ['chmod', '-R', 'u+rwx', '--', path], env })
    await spawn.run({ argv: ['rm', '-rf', '--', path], env })
    await removeFolder(path)
  }
}

/** GitLab's own paths in an image. */
function jobView({ builds, project }: HostFolders): JobFolders['job'] {
  const seen = `/builds${project.slice(builds.length)}`
  return {
    builds: '/builds',
    project: seen,
    projectTemporary: `${seen}.tmp`,
    home: '/root',
    temporary: '/tmp',
  }
}

interface OpenPlace {
  readonly options: SandboxExecutorOptions
  readonly machine: SandboxMachine
  readonly job: Pick<Job, 'id' | 'job_info'>
  readonly folders: JobFolders
  /** Called in the reverse order. */
  readonly closers: (() => Promise<void>)[]
}

const NO_NETWORK: JobNetwork = { listeners: [], names: [], authorities: '', close: () => Promise.resolve() }

async function prepare(place: OpenPlace, order: ImageOrder): Promise<JobEnvironment> {
  const { options, machine, folders } = place
  const layers = options.layers ?? join(options.work, 'layers')
  await mkdir(layers, { recursive: true, mode: 0o700 })
  const image = await chooseImage({ machine, layers, isStrict: options.isImageStrict === true }, order)
  const { network, socket } = await openNetwork(place, order)
  const arrangement: Arrangement = {
    options,
    machine,
    folders,
    image,
    layers,
    network,
    socket,
    log: order.log,
  }
  const sandbox = await arrangeSandbox(arrangement)
  return {
    shell: sandbox.shell,
    pauses: options.keepsLayers !== false,
    run: (script) => runScript(sandbox, script),
    beginCache: (paths, variables) => tagPipCache({ paths, variables, folders }),
  }
}

async function openNetwork({ options, job, folders, closers }: OpenPlace, { log }: ImageOrder) {
  const network = (await options.openNetwork?.(job, log)) ?? NO_NETWORK
  closers.push(() => network.close())
  const socket = join(folders.host.root, 'relay')
  const connections = await openConnections(socket, network.listeners)
  closers.push(() => connections.close())
  return { network, socket }
}
