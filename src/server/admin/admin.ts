import { existsSync } from 'node:fs'
import { readCapped, utf8Decode, WheelsealError, type Http } from '../../base/index.ts'
import { jsonLog, systemClock, systemEntropy } from '../../host/index.ts'
import { logReports, type App, type LogReport } from '../../http/index.ts'
import { createSocketHttp } from '../../net/index.ts'
import { refuseBorrowedName } from '../borrowed-name.ts'
import { createAdminClient, type Admin } from './admin-client.ts'
import { openDataDirectory, type DataDirectory, type Instance } from '../data/data-directory.ts'
import { serverErrors } from '../errors.ts'
import { inspectLogs } from '../sigstore/logs.ts'
import { adminSocketPath } from '../data/paths.ts'
import { adminApp } from '../routes.ts'
import { openServices } from '../services.ts'

const START_PATIENCE_MS = 5_000
const START_POLL_MS = 100

/**
 * Asks the server of the directory over its socket; where no server runs, opens the directory for the time of `use`.
 * Both ways are the same routes. Throws `server.no-instance`, and what `openDataDirectory` throws.
 */
export async function withAdmin<T>(data: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  return viaServer(data, use, (directory, instance) => withServices(directory, instance, use))
}

/**
 * Derives both logs anew: in the server of the directory; where none runs, as their files lie there, whole enough for a
 * start or not. Throws `server.no-instance`, and what `openDataDirectory` throws.
 */
export function checkLogs(data: string): Promise<readonly LogReport[]> {
  return viaServer(
    data,
    async (admin) => (await admin.checkLogs()).logs,
    async ({ path }) => logReports(await inspectLogs(path)),
  )
}

async function viaServer<T>(
  data: string,
  ask: (admin: Admin) => Promise<T>,
  open: (directory: DataDirectory, instance: Instance) => Promise<T>,
): Promise<T> {
  if (await hasServer(data)) return ask(overSocket(data))
  try {
    return await withDirectory(data, open)
  } catch (error) {
    if (!isLocked(error) || !(await startsSoon(data))) throw error
    return ask(overSocket(data))
  }
}

function overSocket(data: string): Admin {
  return createAdminClient(createSocketHttp(adminSocketPath(data)))
}

function isLocked(error: unknown): boolean {
  return error instanceof WheelsealError && error.code === 'storage.locked'
}

/** A server that holds the lock and does not answer yet is most likely starting. */
async function startsSoon(data: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < START_PATIENCE_MS; waitedMs += START_POLL_MS) {
    if (await hasServer(data)) return true
    await systemClock.sleep(START_POLL_MS)
  }
  return false
}

/** Whether a server of the directory answers; a socket file may be left of one that was killed. */
export async function hasServer(data: string): Promise<boolean> {
  return answers(createSocketHttp(adminSocketPath(data)))
}

async function answers(socket: Http): Promise<boolean> {
  try {
    const response = await socket.request({ method: 'GET', url: 'http://admin/healthz' })
    await response.bytes(1024)
    return response.status === 200
  } catch {
    return false
  }
}

async function withDirectory<T>(
  data: string,
  open: (directory: DataDirectory, instance: Instance) => Promise<T>,
): Promise<T> {
  if (!existsSync(data)) throw serverErrors('server.no-instance', `the directory ${data} does not exist`)
  const directory = await openDataDirectory(data)
  try {
    const { instance } = directory
    if (instance === undefined) throw serverErrors('server.no-instance', `${data} holds no instance yet`)
    refuseBorrowedName(instance.url)
    return await open(directory, instance)
  } finally {
    directory.release()
  }
}

async function withServices<T>(
  directory: DataDirectory,
  instance: Instance,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  // Nobody else keeps a log of what broke: its lines go to standard error.
  const log = await jsonLog(undefined, 'error')
  const ports = { clock: systemClock, entropy: systemEntropy, log }
  const services = await openServices(directory, instance, ports)
  try {
    return await use(createAdminClient(inProcess(adminApp(services, log))))
  } finally {
    await services.close()
  }
}

/** The Http port over an app in this process. */
function inProcess(app: App): Http {
  return {
    request: async ({ method, url, headers = {}, body }) => {
      const response = await app.request(url, {
        method,
        headers,
        ...(body instanceof Uint8Array ? { body: Uint8Array.from(body) } : {}),
      })
      const bytes = (maxBytes: number): Promise<Uint8Array> =>
        readCapped(response.body ?? emptyStream(), maxBytes)
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: response.body ?? emptyStream(),
        bytes,
        text: async (maxBytes) => utf8Decode(await bytes(maxBytes)),
      }
    },
  }
}

async function* emptyStream(): AsyncGenerator<Uint8Array> {}
