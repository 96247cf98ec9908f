import { systemFiles, systemSpawn } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import { readPackageIndex, type PackageIndex } from './package-index.ts'

const PATIENCE_MS = 20_000

/** The index that pip of this machine uses, and the hosts of its files. */
export function readMachineIndex(env: Readonly<Record<string, string>>): Promise<PackageIndex> {
  const http = createHttp({ env, files: systemFiles })
  return readPackageIndex({ spawn: systemSpawn, http, env, signal: AbortSignal.timeout(PATIENCE_MS) })
}
