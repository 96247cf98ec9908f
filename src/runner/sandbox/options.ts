import type { Spawn } from '../../base/index.ts'
import type { HostEnvironment } from '../job/host-environment.ts'
import type { OpenJobNetwork } from '../network.ts'
import type { SandboxLimits } from './order.ts'

export interface SandboxMount {
  /** A folder or a file of the host. */
  readonly host: string
  /** Where a job finds it, read-only; absolute. */
  readonly job: string
}

export interface SandboxExecutorOptions {
  readonly spawn: Spawn
  /** The environment of the machine's user, of which a job gets an allow-list. */
  readonly host: HostEnvironment
  /** Job folders. One runner alone uses it; on a disk that overlays can write to. */
  readonly work: string
  /** Layers that are kept between runs; default below `work`. */
  readonly layers?: string
  /** Whose projects its jobs are of, where `layers` serves several: their numbers begin at 1 in every instance. */
  readonly instance?: string
  /** Folders of the host before the job's PATH, first wins; jobs find them by the same path. Default none. */
  readonly path?: readonly string[]
  /** What else a job sees of the host, read-only: programs, a wheelhouse. Default none. */
  readonly mounts?: readonly SandboxMount[]
  /** Default: nothing answers on a job's loopback, and it reaches nothing else. */
  readonly openNetwork?: OpenJobNetwork
  /** A Python that is not the one the image names is an error. Default false: it is said. */
  readonly isImageStrict?: boolean
  /** What before_script makes of the system is kept for later jobs of the same ref. Default true. */
  readonly keepsLayers?: boolean
  readonly limits?: Partial<SandboxLimits>
}
