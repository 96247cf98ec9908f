import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startProgram, wheelseal } from './program.ts'

export interface GateTable {
  readonly name: string
  /** TOML. */
  readonly policy: string
  readonly upstreamUrl: string
  /** Left out, `pypi`. */
  readonly upstreamName?: string
  /** More keys of the upstream, and more upstreams, TOML. */
  readonly more?: string
}

export interface GateServerOptions {
  /** For its configuration. */
  readonly folder: string
  /** What it keeps; left out, `data` in its folder. */
  readonly data?: string
  /** `127.0.0.1:PORT` */
  readonly address: string
  readonly gates: readonly GateTable[]
  /** `trusted_root.json`, or `public`. */
  readonly trustedRoot: string
  /** Other names by which it is asked. */
  readonly hosts?: readonly string[]
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** `wheelseal gate up` as a process of its own. */
export interface GateServer {
  readonly url: string
  /** With a slash at its end. */
  index(gate: string): string
  /** Its policy is this from now on. */
  changePolicy(gate: string, policy: string): Promise<void>
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>
  logged(): string
}

/** The same folder continues what an earlier one has kept, at the same address. */
export async function startGateServer(options: GateServerOptions): Promise<GateServer> {
  const { folder, address, data = join(folder, 'data'), hosts = [], env = {} } = options
  const config = await writeConfiguration(options)
  const others = hosts.flatMap((host) => ['--host', host])
  const place = ['--data', data, '--listen', address]
  const argv = [wheelseal, 'gate', 'up', '--config', config, ...place, ...others, '--json']
  const child = startProgram(argv, { env })
  let logged = ''
  child.stderr.on('data', (chunk: Buffer) => {
    logged += chunk.toString()
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const early = ended.then(() => {
    throw new Error(`gate up ended: ${logged}`)
  })
  early.catch(() => undefined)
  const line = once(createInterface(child.stdout), 'line')
  const [said] = (await Promise.race([line, early])) as readonly string[]
  if (said?.includes('"ready":true') !== true) throw new Error(`gate up is not ready: ${said}`)
  const url = `http://${address}`
  return {
    url,
    index: (gate) => `${url}/gate/${gate}/simple/`,
    changePolicy: async (gate, policy) => {
      const before = readings(logged)
      await writePolicy(folder, { name: gate, policy })
      child.kill('SIGHUP')
      while (readings(logged) === before) await Promise.race([once(child.stderr, 'data'), early])
    },
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
    logged: () => logged,
  }
}

/** How often the policies were read again. */
function readings(logged: string): number {
  return logged.split('"gate.policy').length
}

async function writePolicy(
  folder: string,
  { name, policy }: Pick<GateTable, 'name' | 'policy'>,
): Promise<void> {
  await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, name, 'policy.toml'), policy)
}

async function writeConfiguration({ folder, gates, trustedRoot }: GateServerOptions): Promise<string> {
  for (const gate of gates) await writePolicy(folder, gate)
  const tables = gates.map(
    ({ name, upstreamUrl, upstreamName = 'pypi', more = '' }) => `[[gates]]
name = "${name}"
policy = "${name}/policy.toml"

[[gates.upstreams]]
name = "${upstreamName}"
url = "${upstreamUrl}"
trust = "${trustedRoot}"
${more}
`,
  )
  const path = join(folder, 'wheelseal.toml')
  await writeFile(path, tables.join('\n'))
  return path
}
