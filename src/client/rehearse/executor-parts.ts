import type { OpenJobNetwork } from '../../runner/index.ts'

export interface ExecutorParts {
  readonly scratch: string
  readonly env: Readonly<Record<string, string>>
  readonly network: OpenJobNetwork
  readonly program: readonly string[]
  /** For the PATH of jobs. */
  readonly path: readonly string[]
  readonly isImageStrict: boolean
}
