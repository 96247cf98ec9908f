import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ownAddress } from '../../src/host/arrange.ts'
import { runProgram, startProgram, wheelseal, type TiedProcess } from './program.ts'

export interface Server {
  /** As the line says that it printed. */
  readonly isReady: boolean
  readonly url: string
  readonly data: string
  readonly pid: number
  /** Runs `wheelseal ARGS --data DATA --json` and returns the parsed object. */
  admin(...args: readonly string[]): Promise<Record<string, unknown>>
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>
  kill(): Promise<void>
  /** What it has written to standard error so far. */
  logged(): string
}

/** `wheelseal up` as a process of its own, on a free port, with more arguments; continues `data` where it is given. */
export async function startServer(
  data: string,
  program: readonly string[] = [wheelseal],
  more: readonly string[] = [],
): Promise<Server> {
  const child = startProgram([
    ...program,
    'up',
    '--data',
    data,
    '--json',
    ...(await listenArgument(data)),
    ...more,
  ])
  const lines: string[] = []
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
  const { ready: isReady, url, pid } = await announced(child, lines)
  const closed = once(child, 'exit')
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal)
    const [code] = (await closed) as [number | null]
    return code
  }
  return {
    isReady,
    url,
    data,
    pid,
    admin: async (...args) => parseOutput(await runProgram([...program, ...args, '--data', data, '--json'])),
    stop: () => stop('SIGTERM'),
    kill: async () => {
      await stop('SIGKILL')
    },
    logged: () => lines.join(''),
  }
}

async function listenArgument(data: string): Promise<string[]> {
  return existsSync(join(data, 'instance.json')) ? [] : ['--listen', await ownAddress()]
}

interface Announced {
  readonly ready: boolean
  readonly url: string
  readonly pid: number
}

async function announced(child: TiedProcess, errors: readonly string[]): Promise<Announced> {
  const lines = createInterface(child.stdout)
  const ended = once(child, 'exit').then(() => {
    throw new Error(`up ended: ${errors.join('')}`)
  })
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  ended.catch(() => undefined)
  return JSON.parse(line) as Announced
}

function parseOutput({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }) {
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`)
  return JSON.parse(stdout) as Record<string, unknown>
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'wheelseal-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** A server with the project `acme/tools`; its folder holds the trust export and two files, `file` and `other`. */
export async function startServerWithFiles(): Promise<{
  server: Server
  path: string
  stop: () => Promise<void>
}> {
  const { path, remove } = await temporaryFolder()
  const server = await startServer(join(path, 'data'))
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('trust', 'export', '--out', path)
  await writeFile(join(path, 'file'), 'the bytes of a file')
  await writeFile(join(path, 'other'), 'other bytes')
  const stop = async (): Promise<void> => {
    await server.stop()
    await remove()
  }
  return { server, path, stop }
}
