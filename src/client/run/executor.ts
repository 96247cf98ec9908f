import { connect } from 'node:net'
import { join } from 'node:path'
import { systemClock, systemFiles, systemSpawn, userFolders } from '../../host/index.ts'
import { createHttp, createTunnels } from '../../net/index.ts'
import {
  createPlainExecutor,
  createRouter,
  createSandboxExecutor,
  probeSandbox,
  type Executor,
  type OpenJobNetwork,
  type SandboxProbe,
} from '../../runner/index.ts'
import { clientErrors } from '../errors.ts'
import { NO_INDEX, readPackageIndex } from './package-index.ts'
import { programMounts } from './program-mounts.ts'

export const EXECUTORS = ['auto', 'sandbox', 'plain'] as const
export type ExecutorChoice = (typeof EXECUTORS)[number]

/** Where a job finds the wheelhouse. */
export const WHEELHOUSE = '/wheelhouse'

export interface ExecutorOrder {
  readonly choice: ExecutorChoice
  /** Of the services. */
  readonly serverUrl: string
  /** Which services they are: what their jobs leave for later ones is for jobs of theirs. */
  readonly instance: string
  /** A folder with `wheelseal` and `cosign` for jobs, and what stands before it. */
  readonly path: readonly string[]
  readonly prependPath: readonly string[]
  readonly program: readonly string[]
  readonly wheelhouse: string | undefined
  readonly isImageStrict: boolean
  readonly scratch: string
  readonly env: Readonly<Record<string, string>>
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

export interface ChosenExecutor {
  readonly executor: Executor
  /** Where jobs find the wheelhouse; undefined: there is none. */
  readonly wheelhouse: string | undefined
}

/** The sandbox where this machine can make one; else, unless that was asked for, plain, and a line that says why. */
export async function chooseExecutor(order: ExecutorOrder): Promise<ChosenExecutor> {
  const { choice, say } = order
  if (choice === 'plain') return plain(order)
  const refusal = await sandboxRefusal(order)
  if (refusal === undefined)
    return {
      executor: await sandboxExecutor(order),
      wheelhouse: order.wheelhouse === undefined ? undefined : WHEELHOUSE,
    }
  if (choice === 'sandbox') throw noSandbox(refusal)
  say(`jobs run as your user, without isolation: ${obstacleOf(refusal)}`)
  return plain(order)
}

type Probed = Pick<ExecutorOrder, 'env' | 'scratch' | 'signal'>

/** Throws `client.sandbox` where this machine cannot make one, with the step that fails. */
export async function checkSandbox(order: Probed): Promise<void> {
  const refusal = await sandboxRefusal(order)
  if (refusal !== undefined) throw noSandbox(refusal)
}

type Refusal = Exclude<SandboxProbe, { readonly isAvailable: true }>

async function sandboxRefusal(order: Probed): Promise<Refusal | undefined> {
  const probe = await probeSandbox({ spawn: systemSpawn, host: order.env, work: workOf(order) })
  order.signal.throwIfAborted()
  return probe.isAvailable ? undefined : probe
}

function obstacleOf({ step, why }: Refusal): string {
  return `${step}: ${why}`
}

function noSandbox(refusal: Refusal): Error {
  return clientErrors('client.sandbox', `jobs cannot be isolated on this machine: ${obstacleOf(refusal)}`, {
    hint: `${refusal.hint}; --executor plain runs jobs as your user, without isolation`,
  })
}

function workOf({ scratch }: Pick<ExecutorOrder, 'scratch'>): string {
  return join(scratch, 'work')
}

function plain(order: ExecutorOrder): ChosenExecutor {
  const { path, prependPath, env, wheelhouse } = order
  const work = workOf(order)
  const machine = { spawn: systemSpawn, host: env }
  return { executor: createPlainExecutor({ ...machine, work, path: [...path, ...prependPath] }), wheelhouse }
}

async function sandboxExecutor(order: ExecutorOrder): Promise<Executor> {
  const { path, prependPath, env, wheelhouse, program, isImageStrict, instance } = order
  return createSandboxExecutor({
    spawn: systemSpawn,
    host: env,
    work: workOf(order),
    layers: join(userFolders(env).cache, 'layers'),
    instance,
    path: [...path, ...prependPath],
    mounts: [
      ...programMounts(program),
      ...(wheelhouse === undefined ? [] : [{ host: wheelhouse, job: WHEELHOUSE }]),
    ],
    openNetwork: await networkOf(order),
    isImageStrict,
  })
}

const LOOPBACK = /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/

/** The services and, where no wheelhouse takes its place, the package index of this machine; nothing else. */
async function networkOf({ serverUrl, env, signal, wheelhouse }: ExecutorOrder): Promise<OpenJobNetwork> {
  const http = createHttp({ env, files: systemFiles })
  const index =
    wheelhouse === undefined ? await readPackageIndex({ spawn: systemSpawn, http, env, signal }) : NO_INDEX
  const server = new URL(serverUrl)
  const port = Number(server.port || (server.protocol === 'https:' ? 443 : 80))
  const isHere = LOOPBACK.test(server.hostname)
  const services = isHere ? [] : [server.port === '' ? server.hostname : server.host]
  return createRouter({
    clock: systemClock,
    allow: [...new Set([...services, ...index.hosts])],
    tunnel: createTunnels({ env, configured: [...(isHere ? [] : [server.hostname]), ...index.configured] }),
    ports: [...new Set([...(isHere ? [port] : []), ...index.ports])].map((one) => ({
      port: one,
      connect: () => connect(one, '127.0.0.1'),
    })),
  })
}
