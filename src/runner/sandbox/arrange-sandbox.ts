import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { ImageOrder } from '../executor.ts'
import type { JobFolders } from '../job/folders.ts'
import { inheritedEnvironment, type Environment, type HostEnvironment } from '../job/host-environment.ts'
import type { Shell } from '../job/script.ts'
import type { JobNetwork } from '../network.ts'
import { carryPipConfig } from '../plain/pip-config.ts'
import type { SandboxExecutorOptions, SandboxMount } from './options.ts'
import type { Image } from './image.ts'
import { jobFiles } from './job-files.ts'
import type { SandboxMachine } from './machine.ts'
import type { SandboxLimits, SandboxOrder, SourceBind } from './order.ts'

/** As in the images of Python. */
const PATH = '/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin'
const MAX_LINKS = 100
const MAX_HOPS = 10
const CARRIED: readonly string[] = ['LANG', 'TZ']
const OWN = ['project', 'projectTemporary', 'home', 'temporary'] as const
const LIMITS: SandboxLimits = {
  processes: 4_096,
  dataBytes: Math.floor(totalmem() * 0.8),
  fileBytes: 16 * 2 ** 30,
  diskBytes: 16 * 2 ** 30,
  reserveBytes: 2 ** 30,
}

export interface Arrangement {
  readonly options: SandboxExecutorOptions
  readonly machine: SandboxMachine
  readonly folders: JobFolders
  readonly image: Image
  readonly layers: string
  readonly network: JobNetwork
  /** Of the runner, for the connections of the network. */
  readonly socket: string
  readonly log: ImageOrder['log']
}

/** A job's sandbox, which each of its scripts enters anew; what they write stays. */
export interface Sandbox {
  readonly machine: SandboxMachine
  readonly shell: Shell
  readonly order: Omit<SandboxOrder, 'argv' | 'uid'>
  readonly image: Image
  readonly instance: string
  /** Kept between runs. */
  readonly layers: string
  readonly log: ImageOrder['log']
  /** The prepared layer that the job's scripts stand on, once one has been found. */
  readonly found: { order: Partial<SandboxOrder> }
}

export async function arrangeSandbox(arrangement: Arrangement): Promise<Sandbox> {
  const { options, machine, folders, image, layers, network, socket, log } = arrangement
  const { host, job } = folders
  const sources = new Sources()
  sources.add(host.root)
  const own = OWN.map((name) => ({ source: sources.add(host[name]), at: job[name], readOnly: false }))
  const files = await jobFiles({
    host: machine.host,
    names: network.names,
    authorities: network.authorities,
    hasApt: existsSync('/usr/bin/apt-get'),
  })
  return {
    machine,
    image,
    instance: options.instance ?? '',
    layers,
    log,
    found: { order: {} },
    shell: ['/bin/bash', '/usr/bin/bash'].some((path) => existsSync(path)) ? 'bash' : 'sh',
    order: {
      local: image.local.map((path) => sources.add(path)),
      layer: null,
      pauses: false,
      keepLayerIn: null,
      binds: [...own, ...mountsOf(options, sources)],
      sources: sources.paths,
      owned: [host.builds, host.home, host.temporary],
      files: files.files,
      links: image.links,
      socket,
      listeners: network.listeners.map(({ kind, host: address, port }) => ({ kind, host: address, port })),
      cwd: job.project,
      env: { ...(await environment(arrangement)), ...files.env },
      limits: { ...LIMITS, ...options.limits },
    },
  }
}

class Sources {
  readonly paths: string[] = []

  add(path: string): number {
    return this.paths.push(path) - 1
  }
}

/** Folders of PATH keep their path: what lies in them may name itself. */
function mountsOf({ mounts = [], path = [] }: SandboxExecutorOptions, sources: Sources): SourceBind[] {
  // As a shell does, a folder of PATH that is not there is passed over.
  const there = path.filter((folder) => existsSync(folder))
  const own = there.map((folder) => ({ host: folder, job: folder }))
  const all = [...own, ...there.flatMap(linkedFrom), ...mounts]
  return all.map((mount) => ({ source: sources.add(mount.host), at: mount.job, readOnly: true }))
}

/** Programs that a folder of PATH has by links to somewhere else: without them the links lead nowhere in a job. */
function linkedFrom(folder: string): readonly SandboxMount[] {
  const links = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink())
  const paths = links.slice(0, MAX_LINKS).map(({ name }) => join(folder, name))
  return paths.flatMap((link) => {
    if (!existsSync(link) || !statSync(link).isFile()) return []
    const host = realpathSync(link)
    return hopsOf(link)
      .filter((job) => !job.startsWith(`${folder}/`))
      .map((job) => ({ host, job }))
  })
}

function hopsOf(link: string): readonly string[] {
  const hops: string[] = []
  for (let at = link; hops.length < MAX_HOPS && lstatSync(at).isSymbolicLink(); at = hops.at(-1) ?? at)
    hops.push(resolve(dirname(at), readlinkSync(at)))
  return hops
}

async function environment({ options, machine, folders, image, log }: Arrangement): Promise<Environment> {
  const pip = await machine.pipConfig()
  if (pip.dropped.length > 0) {
    log.notice(`pip configuration of this machine: ${pip.dropped.join(', ')} not passed to the job`)
  }
  return {
    ...carried(machine.host),
    ...(await carryPipConfig(pip, folders.host.home)),
    ...(image.python === undefined ? {} : { LANG: 'C.UTF-8' }),
    PATH: [...(options.path ?? []), PATH].join(':'),
    HOME: folders.job.home,
    TMPDIR: folders.job.temporary,
  }
}

function carried(host: HostEnvironment): Environment {
  return Object.fromEntries(
    Object.entries(inheritedEnvironment(host)).filter(([name]) => CARRIED.includes(name)),
  )
}
