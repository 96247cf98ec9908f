import { join } from 'node:path'
import { systemSpawn } from '../../host/index.ts'
import { createSandboxExecutor, type Executor } from '../../runner/index.ts'
import type { ExecutorParts } from './executor-parts.ts'
import { plainFor } from './plain-executor.ts'
import { programMounts } from './program-mounts.ts'

export const EXECUTORS = ['sandbox', 'plain'] as const
export type ExecutorName = (typeof EXECUTORS)[number]

export function executorFor(name: ExecutorName, parts: ExecutorParts): Executor {
  if (name === 'plain') return plainFor(parts)
  const { scratch, env, network, program, isImageStrict } = parts
  return createSandboxExecutor({
    spawn: systemSpawn,
    host: env,
    work: join(scratch, 'work'),
    mounts: programMounts(program),
    openNetwork: network,
    isImageStrict,
  })
}
