/** Data directories that differ in how many packages they hold, and the servers on them. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { builtProgram } from './commands.ts'
import { startOurs, type Ours } from './ours.ts'
import { fillCopy, keepContent, type Content } from './registry-fixture.ts'

export interface Store {
  readonly packages: number
  /** Nothing else runs on it until it is stopped. */
  start(): Promise<RegistryServer>
}

export interface RegistryServer extends Ours {
  /** Of the project's PyPI packages, without a slash at the end. */
  readonly pypi: string
  /** Of an administrator. */
  readonly token: string
}

export interface Stores {
  readonly content: Content
  readonly all: readonly Store[]
}

export const PROJECT = 'bench/registry'
export const USER = 'bench'

export interface StoreOptions {
  readonly work: string
  /** Packages in each store. */
  readonly sizes: readonly number[]
  readonly nodeOptions?: string | undefined
  /** Default: what is built, on Node. */
  readonly program?: readonly string[]
}

/** The first start makes project, user and token; the stores are copies of what it leaves. */
export async function makeStores(options: StoreOptions): Promise<Stores> {
  const { work, sizes, nodeOptions, program = builtProgram() } = options
  const base = join(work, 'registry')
  const first = await startOurs(base, { program })
  const call = (...args: readonly string[]): Record<string, unknown> => {
    const [file, ...given] = [...program, ...args, '--data', base, '--json']
    return JSON.parse(execFileSync(file ?? '', given, { encoding: 'utf8' })) as Record<string, unknown>
  }
  const { id } = call('project', 'create', PROJECT, '--visibility', 'public')
  call('user', 'create', USER, '--admin')
  const token = String(call('token', 'create', '--user', USER, '--scope', 'api')['token'])
  await first.stop()
  const content = await keepContent(base)
  const all: Store[] = []
  for (const packages of sizes) {
    const data = join(work, `registry-${packages}`)
    await fillCopy(base, data, { projectId: Number(id), content, packages })
    const started = { program, ...(nodeOptions === undefined ? {} : { nodeOptions }) }
    const start = async (): Promise<RegistryServer> => {
      const ours = await startOurs(data, started)
      return { ...ours, token, pypi: `${ours.url}/api/v4/projects/${String(id)}/packages/pypi` }
    }
    all.push({ packages, start })
  }
  return { content, all }
}
