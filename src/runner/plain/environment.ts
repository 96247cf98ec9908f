import type { FolderView } from '../job/folders.ts'
import { inheritedEnvironment, type Environment, type HostEnvironment } from '../job/host-environment.ts'

export interface JobEnvironmentParts {
  readonly host: HostEnvironment
  readonly folders: FolderView
  /** In front of the host's PATH, first wins: a virtual environment, stock tools, our own tools. */
  readonly path: readonly string[]
  readonly more: Environment
}

/** What a job's shells have before the job's own variables. */
export function jobEnvironment({ host, folders, path, more }: JobEnvironmentParts): Environment {
  const inherited = inheritedEnvironment(host)
  return {
    ...inherited,
    PATH: [...path, inherited['PATH']].join(':'),
    HOME: folders.home,
    TMPDIR: folders.temporary,
    ...more,
  }
}
