import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  inspectPlace,
  listFolder,
  seenHeads,
  type DoctorIo,
  type RegistryChoice,
} from '../client/doctor/index.ts'
import { parseJson } from '../base/index.ts'
import type { Settings } from '../client/settings/index.ts'
import type { GateStatus } from '../gate/index.ts'
import { runtimeName, systemSpawn, userFolders } from '../host/index.ts'
import { probeSandbox } from '../runner/index.ts'
import { createSocketHttp } from '../net/index.ts'
import { dataFolder, gateDataFolder } from './server-options.ts'
import { settingsHere } from './settings.ts'
import { serviceChoice } from './sign-flags.ts'
import { trustChoice } from './verify-flags.ts'
import { systemVerifyIo } from './verify-io.ts'

export interface DoctorFlags {
  readonly data?: string
  readonly api?: string
  readonly project?: string
}

/** The process itself, and what its commands would take without flags. */
export function systemDoctorIo(
  flags: DoctorFlags & { readonly release: string | undefined },
  env: NodeJS.ProcessEnv = process.env,
): DoctorIo {
  const io = systemVerifyIo(env)
  let settings: Promise<Settings> | undefined
  const read = (): Promise<Settings> => (settings ??= settingsHere(env))
  return {
    ...io,
    env,
    spawn: systemSpawn,
    runtime: runtimeName(),
    folder: process.cwd(),
    data: dataSetting(flags, env),
    choices: {
      settings: read,
      trust: async () => trustChoice({}, await read()),
      services: async () => serviceChoice({}, await read()),
    },
    heads: seenHeads(join(userFolders(env).state, 'heads')),
    registry: registryChoice(flags, env),
    release: flags.release,
    gates: () => gatesHere([gateDataFolder({}, env), dataFolder(flags, env)]),
    inspect: inspectPlace,
    list: listFolder,
    // It makes a folder of its own there: one of a known name could be that of another user.
    probeSandbox: () => probeSandbox({ spawn: systemSpawn, host: env, work: tmpdir() }),
  }
}

/** Over the sockets of servers in these data directories; where none runs, or it is another user's, there is nothing to say. */
async function gatesHere(folders: readonly string[]): Promise<readonly GateStatus[]> {
  const found: GateStatus[] = []
  for (const folder of new Set(folders)) {
    const socket = createSocketHttp(join(folder, 'run', 'admin.sock'))
    const ask = async (path: string): Promise<unknown> => {
      const answer = await socket.request({ method: 'GET', url: `http://admin/admin/gates${path}` })
      return parseJson(await answer.text(MAX_STATUS_BYTES), {
        maxLength: MAX_STATUS_BYTES,
        maxValues: 100_000,
      })
    }
    try {
      const { gates = [] } = (await ask('')) as { readonly gates?: readonly string[] }
      for (const name of gates) found.push((await ask(`/${encodeURIComponent(name)}/status`)) as GateStatus)
    } catch {
      continue
    }
  }
  return found
}

const MAX_STATUS_BYTES = 4 << 20

type Environment = NodeJS.ProcessEnv

function dataSetting(flags: DoctorFlags, env: Environment): DoctorIo['data'] {
  const from =
    flags.data !== undefined ? '--data' : env['WHEELSEAL_DATA'] !== undefined ? 'WHEELSEAL_DATA' : 'default'
  return { value: dataFolder(flags, env), from }
}

/** As `publish`: the project of a job is one of its own server. */
function registryChoice({ api, project }: DoctorFlags, env: Environment): RegistryChoice | undefined {
  const ofJob = env['CI_API_V4_URL'] ?? ''
  const chosen = api !== undefined ? { value: api, from: '--api' } : { value: ofJob, from: 'CI_API_V4_URL' }
  if (chosen.value === '') return undefined
  if (project !== undefined) return { api: chosen, project: { value: project, from: '--project' } }
  const own = chosen.value === ofJob ? (env['CI_PROJECT_ID'] ?? '') : ''
  return { api: chosen, project: own === '' ? undefined : { value: own, from: 'CI_PROJECT_ID' } }
}
