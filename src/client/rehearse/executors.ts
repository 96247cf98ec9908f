import { join } from 'node:path'
import { systemSpawn } from '../../host/index.ts'
import { createSandboxExecutor, type Executor } from '../../runner/index.ts'
import { WHEELHOUSE } from '../run/executor.ts'
import { programMounts } from '../run/program-mounts.ts'
import type { ExecutorParts } from './executor-parts.ts'
import { plainFor } from './plain-executor.ts'

/** There is no falling back: what a rehearsal stands in for must not meet the real hosts by accident. */
export const REHEARSAL_EXECUTORS = ['sandbox', 'plain'] as const
export type ExecutorName = (typeof REHEARSAL_EXECUTORS)[number]

interface ChosenExecutor {
  readonly executor: ExecutorName
  readonly wheelhouse: string | undefined
}

export function executorFor(chosen: ExecutorParts & ChosenExecutor): Executor {
  if (chosen.executor === 'plain') return plainFor(chosen)
  const { scratch, env, network, path, program, isImageStrict, wheelhouse } = chosen
  return createSandboxExecutor({
    spawn: systemSpawn,
    host: env,
    work: join(scratch, 'work'),
    path,
    mounts: [
      ...programMounts(program),
      ...(wheelhouse === undefined ? [] : [{ host: wheelhouse, job: WHEELHOUSE }]),
    ],
    openNetwork: network,
    isImageStrict,
  })
}

/** Where jobs find the wheelhouse. */
export function wheelhousePlace({ executor, wheelhouse }: ChosenExecutor): string | undefined {
  return executor === 'plain' || wheelhouse === undefined ? wheelhouse : WHEELHOUSE
}
