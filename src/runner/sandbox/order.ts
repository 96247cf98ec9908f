import type { Environment } from '../job/host-environment.ts'
import type { JobListener } from '../network.ts'

/**
 * All that the program of `inside/` is told, as JSON on its standard input: how the root of the job's file system is
 * made, and which script runs in it. A source is a folder or file of the host; others name it by its number.
 */
export interface SandboxOrder {
  /** On the host; null where the runner is no root and the job is its user. */
  readonly uid: number | null
  /** The first is the job's folder, for upper layers and for the root itself. */
  readonly sources: readonly string[]
  /** What the runner has written into becomes the job's, where that is another user. */
  readonly owned: readonly string[]
  /** The layers of /usr/local, the uppermost first. */
  readonly local: readonly number[]
  /** Above those of the host and of /usr/local: what an earlier before_script has made of the system. */
  readonly layer: number | null
  /** The script stops itself once, behind its before_script. */
  readonly pauses: boolean
  /** An empty folder for what that before_script has made. */
  readonly keepLayerIn: number | null
  readonly binds: readonly SourceBind[]
  readonly files: readonly SandboxFile[]
  readonly links: readonly (readonly [path: string, target: string])[]
  /** The runner's, in the job's folder. */
  readonly socket: string
  readonly listeners: readonly Pick<JobListener, 'kind' | 'host' | 'port'>[]
  readonly cwd: string
  readonly argv: readonly [string, ...string[]]
  readonly env: Environment
  readonly limits: SandboxLimits
}

export interface SourceBind {
  readonly source: number
  readonly at: string
  readonly readOnly: boolean
}

/** Path, text, mode. */
export type SandboxFile = readonly [path: string, text: string, mode: number]

export interface SandboxLimits {
  /** Processes and threads of one job. */
  readonly processes: number | null
  /** Of one process: what it may write to in memory. */
  readonly dataBytes: number | null
  readonly fileBytes: number | null
  /** All files of one job. A job is ended when it has more, within about a second. */
  readonly diskBytes: number | null
  /** A job is ended, too, when its files are many and the disk has less than this. */
  readonly reserveBytes: number
}

/** Nothing but the machine's programs, with a job's folder for what is written. */
export function bareOrder(folder: string, uid: number | null): Omit<SandboxOrder, 'argv'> {
  return {
    uid,
    sources: [folder],
    owned: [],
    local: [],
    layer: null,
    pauses: false,
    keepLayerIn: null,
    binds: [],
    files: [],
    links: [],
    socket: `${folder}/relay`,
    listeners: [],
    cwd: '/',
    env: {},
    limits: { processes: null, dataBytes: null, fileBytes: null, diskBytes: null, reserveBytes: 0 },
  }
}
