/** `wheelseal up` of this checkout as a process. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { answers, freePort, start, type Running } from './processes.ts'

export interface Ours extends Running {
  readonly url: string
  readonly port: number
  readonly data: string
}

const root = join(import.meta.dirname, '..')
export const checkout: readonly string[] = [join(root, 'bin', 'wheelseal')]
/** What `npm run build` makes, run by the Node of the checkout. */
export const built: readonly string[] = [
  join(root, 'node_modules', '.bin', 'node'),
  join(root, 'dist', 'start.mjs'),
]

interface OursOptions {
  readonly program?: readonly string[]
  /** For Node, to profile the server. */
  readonly nodeOptions?: string
}

/** Starts on a new data directory, or continues the one that is at `data`. */
export async function startOurs(data: string, options: OursOptions = {}): Promise<Ours> {
  const { program = checkout, nodeOptions } = options
  const known = portOf(data)
  const port = known ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const environment = nodeOptions === undefined ? [] : ['env', `NODE_OPTIONS=${nodeOptions}`]
  const listen = known === undefined ? ['--listen', `127.0.0.1:${port}`] : []
  const running = await start({
    argv: [...environment, ...program, 'up', '--quiet', '--data', data, ...listen],
    logFile: `${data}.log`,
    isReady: () => answers(`${url}/healthz`),
  })
  return { ...running, url, port, data }
}

/** The URL of an instance is fixed at its first start. */
function portOf(data: string): number | undefined {
  const file = join(data, 'instance.json')
  if (!existsSync(file)) return undefined
  const { url } = JSON.parse(readFileSync(file, 'utf8')) as { url: string }
  return Number(new URL(url).port)
}

/** An id token with all of GitLab's claims, for `sigstore`, good for ten minutes. */
export function trialToken({ data }: Ours): string {
  const project = 'bench/bench'
  const wheelseal = (...args: readonly string[]): string =>
    execFileSync(checkout[0] ?? '', [...args, '--data', data, '--json'], { encoding: 'utf8', stdio: 'pipe' })
  try {
    wheelseal('project', 'show', project)
  } catch {
    wheelseal('project', 'create', project)
  }
  return (JSON.parse(wheelseal('trust', 'token', '--project', project)) as { token: string }).token
}
