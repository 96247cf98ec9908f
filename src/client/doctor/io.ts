import type { Spawn } from '../../base/index.ts'
import type { GateStatus } from '../../gate/index.ts'
import type { SandboxProbe } from '../../runner/index.ts'
import type { TreeHead } from '../../log/index.ts'
import type { Environment, Setting, Settings } from '../settings/index.ts'
import type { ServiceChoice } from '../sign/index.ts'
import type { Origin, TrustChoice, VerifyIo } from '../verify/index.ts'

/** What a path is, as this user finds it. */
export interface PlaceFacts {
  readonly kind: 'file' | 'folder' | 'other'
  readonly mode: number
  readonly modifiedMs: number
  readonly isReadable: boolean
  readonly isWritable: boolean
  /** Of a folder: it can be entered. */
  readonly isExecutable: boolean
  /** Of the disk. */
  readonly freeBytes: number
}

/** The newest head that a log has shown to this user; one place for each log. */
export interface SeenHeads {
  newest(log: string): Promise<TreeHead | undefined>
  keep(log: string, head: TreeHead): Promise<void>
}

/** What the commands of this program would take, from flags or settings. Each may throw what they throw. */
export interface Choices {
  readonly settings: () => Promise<Settings>
  readonly trust: () => Promise<{ readonly trust: TrustChoice; readonly origins: readonly Origin[] }>
  readonly services: () => Promise<{ readonly services: ServiceChoice; readonly origins: readonly Origin[] }>
}

export interface RegistryChoice {
  /** Ends in `/api/v4`. */
  readonly api: Setting
  readonly project: Setting | undefined
}

export interface DoctorIo extends VerifyIo {
  readonly env: Environment
  readonly spawn: Spawn
  /** `Node 24.21.0` */
  readonly runtime: string
  /** Of the working directory: where `pyproject.toml` and `dist/` are looked for. */
  readonly folder: string
  readonly data: Setting
  readonly choices: Choices
  readonly heads: SeenHeads
  /** Undefined where nothing is of that name. */
  readonly inspect: (path: string) => Promise<PlaceFacts | undefined>
  /** Names in a folder, sorted; none where there is no such folder. */
  readonly list: (folder: string) => Promise<readonly string[]>
  readonly probeSandbox: () => Promise<SandboxProbe>
  /** Undefined outside of a job where no flag names one. */
  readonly registry: RegistryChoice | undefined
  /** How the gates are that run on this machine and whose socket this user may open. */
  readonly gates: () => Promise<readonly GateStatus[]>
  /** `NAME==VERSION`, where the user named one. */
  readonly release: string | undefined
}
