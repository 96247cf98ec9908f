/** A gate in front of the index of the bench, and the caches that do only half of it in front of the same. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { builtProgram, node } from './commands.ts'
import type { GateFixture } from './gate-fixture.ts'
import { answers, freePort, start } from './processes.ts'
import type { Peer } from './registry-peers.ts'

export interface GateOptions {
  readonly work: string
  readonly fixture: GateFixture
  /** Without a slash at its end. */
  readonly upstream: string
  readonly nodeOptions?: string | undefined
}

export interface RunningGate extends Peer {
  /** With a slash at its end. */
  readonly simple: string
}

let started = 0

/** `delayMs` is the way to it and back. */
export async function startUpstream(work: string, { folder }: GateFixture, delayMs: number): Promise<Peer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const running = await start({
    argv: [node, join(import.meta.dirname, 'gate-upstream.ts'), String(port), folder, String(delayMs)],
    logFile: join(work, 'upstream.log'),
    isReady: () => answers(`${url}/ready`),
  })
  return { ...running, url }
}

/** On a new data directory, so that it is empty. No log of requests. */
export async function startGate(options: GateOptions): Promise<RunningGate> {
  const { work, fixture, upstream, nodeOptions } = options
  started += 1
  const data = join(work, `gate-${started}`)
  mkdirSync(data)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const environment = nodeOptions === undefined ? [] : ['env', `NODE_OPTIONS=${nodeOptions}`]
  const before = [
    '--upstream',
    `${upstream}/simple/`,
    '--policy',
    fixture.policy,
    '--trust',
    fixture.trustedRoot,
  ]
  const own = ['gate', 'up', '--quiet', '--data', data, '--listen', `127.0.0.1:${port}`]
  const running = await start({
    argv: [...environment, ...builtProgram(), ...own, ...before],
    logFile: `${data}.log`,
    isReady: () => answers(`${url}/healthz`),
  })
  return { ...running, url, simple: `${url}/gate/prod/simple/` }
}
