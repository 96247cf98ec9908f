/**
 * The data directory: what belongs to one instance, and who may use it.
 *
 *     instance.json   format, external URL, log identity; written last at the first start
 *     wheelseal.toml  the operator's configuration, with the key sets that it names in issuers/ and the policies of its
 *                     gates in policies/; never written here
 *     lock.db         held by the process that uses the directory
 *     keys/           private keys, owner only
 *     certificates/   the authority's root and intermediate
 *     wheelseal.db    the rows of all services
 *     logs/           the two logs: write-ahead log, bundles, tiles, index of keys
 *     blobs/ traces/  files by digest; job logs
 *     gate/           what gates keep of their upstreams; can be deleted while no server runs
 *     run/admin.sock  the owner-only socket while a server runs
 */
import { constants } from 'node:fs'
import { access, chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import {
  describeError,
  systemReason,
  parseJson,
  reworded,
  utf8,
  utf8Decode,
  WheelsealError,
  type JsonValue,
} from '../../base/index.ts'
import { makeFolder, systemClock, systemFiles } from '../../host/index.ts'
import { lockDirectory, type DirectoryLock } from '../../storage/sqlite/index.ts'
import {
  lockHolder,
  refuseIncomplete,
  refuseRemote,
  systemFileSystemType,
  type FileSystemType,
} from './data-checks.ts'
import { RESTORING_FILE } from '../backup/contents.ts'
import { serverErrors } from '../errors.ts'

/** Of what this version writes, and the only one that it reads. */
const FORMAT = 2

const Instance = v.strictObject({
  format: v.literal(FORMAT),
  /** Issuer, host of every identity, name of the checkpoints: fixed for ever. */
  url: v.pipe(v.string(), v.url()),
  /** `HOST:PORT` of the first start, where the URL was given for itself; later ones may listen elsewhere. */
  listen: v.exactOptional(v.string()),
  /** A positive int64 in decimal; part of every entry's UUID. */
  rekorTreeId: v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,18}$/)),
  createdAtMs: v.number(),
})

export type Instance = Readonly<v.InferOutput<typeof Instance>>

export interface DataDirectory {
  readonly path: string
  /** Undefined until the first start is complete. */
  readonly instance: Instance | undefined
  release(): void
}

const INSTANCE_FILE = 'instance.json'
/** `lockDirectory` makes it. */
const LOCK_FILE = 'lock.db'
/** Stands while the first start is under way: what is beside it was never acknowledged and is made anew. */
const FIRST_START_FILE = 'first-start'
/** What a cut first start may leave before `first-start` stands, and what the operator may have put there before it. */
const OWN_LEFTOVERS = [LOCK_FILE, `${LOCK_FILE}-journal`, 'wheelseal.toml', 'issuers', 'policies']
/** `first-start` before it has its name, as a cut first start leaves it. */
const UNNAMED_FIRST_START = /^\.first-start\.[0-9a-f]{12}\.tmp$/
/** Where both are, there was an instance. */
const INSTANCE_FOLDERS = ['keys', 'logs']
const MAX_INSTANCE_BYTES = 64 * 1024
const LOCK_POLL_MS = 100

export interface OpenOptions {
  /** How long to wait while another process holds the directory, since commands hold it for a moment only; default 0. */
  readonly patienceMs?: number
  readonly fileSystemType?: FileSystemType
}

/**
 * Takes the directory for this process. Throws `storage.locked`, `server.data-not-ours`, `server.data-not-writable`,
 * `server.data-remote`, `server.data-format`, `server.data-newer`, `server.data-incomplete`, `server.data-unreadable`, `server.data-open`.
 */
export async function openDataDirectory(path: string, options: OpenOptions = {}): Promise<DataDirectory> {
  await prepare(path, options.fileSystemType ?? systemFileSystemType)
  const lock = await lockPatiently(path, options.patienceMs ?? 0)
  try {
    const instance = await readInstance(path)
    if (instance !== undefined) await refuseIncomplete(path)
    // Of a first start that was cut after its last step: should `instance.json` ever be lost, nothing may be cleared.
    if (instance !== undefined) await systemFiles.remove(join(path, FIRST_START_FILE))
    return { path, instance, release: () => lock.release() }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function lockPatiently(path: string, patienceMs: number): Promise<DirectoryLock> {
  for (let waitedMs = 0; ; waitedMs += LOCK_POLL_MS) {
    try {
      return lockDirectory(path)
    } catch (error) {
      if (waitedMs >= patienceMs) throw await namingHolder(error, path)
      await systemClock.sleep(LOCK_POLL_MS)
    }
  }
}

async function namingHolder(error: unknown, path: string): Promise<unknown> {
  const pid = await lockHolder(join(path, LOCK_FILE))
  if (!(error instanceof WheelsealError) || pid === undefined) return error
  return reworded(error, { fact: `${error.message} (pid ${pid})` })
}

async function prepare(path: string, fileSystemType: FileSystemType): Promise<void> {
  try {
    await makeFolder(path)
    await refuseRemote(path, fileSystemType)
    await refuseForeignFolder(path)
    // Nothing is written here: another process may hold the directory.
    await access(path, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof WheelsealError) throw error
    throw serverErrors('server.data-not-writable', `${path}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Node says of a file that stands in the way that it exists already. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'EEXIST' || code === 'ENOTDIR' ? 'a file is in its place' : systemReason(error)
}

async function refuseForeignFolder(path: string): Promise<void> {
  const names = await readdir(path)
  const isOurs = names.includes(INSTANCE_FILE) || names.includes(FIRST_START_FILE)
  const others = names.filter((name) => !OWN_LEFTOVERS.includes(name) && !UNNAMED_FIRST_START.test(name))
  if (names.includes(RESTORING_FILE))
    throw serverErrors('server.data-incomplete', `${path} holds a restore that was interrupted`, {
      hint: "finish it: run 'wheelseal restore' again with the same folder and the same --data",
    })
  if (isOurs || others.length === 0) return
  if (INSTANCE_FOLDERS.every((name) => names.includes(name)))
    throw serverErrors('server.data-incomplete', `missing: ${join(path, INSTANCE_FILE)}`)
  throw serverErrors(
    'server.data-not-ours',
    `${path} contains ${others.slice(0, 3).join(', ')} but no ${INSTANCE_FILE}`,
  )
}

/** Takes no lock: the file never changes. Throws `server.data-format`, `server.data-newer`. */
export async function readInstance(path: string): Promise<Instance | undefined> {
  const file = join(path, INSTANCE_FILE)
  if (!(await systemFiles.exists(file))) return undefined
  const text = utf8Decode(await systemFiles.read(file, MAX_INSTANCE_BYTES))
  try {
    const json = parseJson(text, { maxLength: MAX_INSTANCE_BYTES })
    refuseNewer(file, json)
    return v.parse(Instance, json)
  } catch (cause) {
    if (cause instanceof WheelsealError && cause.code === 'server.data-newer') throw cause
    throw serverErrors(
      'server.data-format',
      `${file} does not have format ${FORMAT}: ${describeError(cause)}`,
      {
        cause,
      },
    )
  }
}

function refuseNewer(file: string, json: JsonValue): void {
  const result = v.safeParse(v.object({ format: v.number() }), json)
  if (!result.success || result.output.format <= FORMAT) return
  const { format } = result.output
  throw serverErrors('server.data-newer', `${file} has format ${format}; this version knows ${FORMAT}`)
}

/**
 * Runs the first start: `make` writes keys, certificates and logs; only then does the directory become an instance.
 * After a crash in between, the next start begins again.
 */
export async function createInstance(
  directory: DataDirectory,
  instance: Omit<Instance, 'format'>,
  make: () => Promise<void>,
): Promise<Instance> {
  const { path } = directory
  // A directory that was made for us may be open to all; its database is nobody else's business.
  await chmod(path, 0o700)
  await clear(path)
  await systemFiles.writeAtomic(
    join(path, FIRST_START_FILE),
    utf8('remove nothing: the next start finishes this\n'),
  )
  await make()
  const whole: Instance = { format: FORMAT, ...instance }
  await systemFiles.writeAtomic(join(path, INSTANCE_FILE), utf8(`${JSON.stringify(whole, null, 2)}\n`))
  await systemFiles.remove(join(path, FIRST_START_FILE))
  return whole
}

async function clear(path: string): Promise<void> {
  const names = await readdir(path)
  const leftovers = names.filter((name) => !OWN_LEFTOVERS.includes(name))
  await Promise.all(leftovers.map((name) => rm(join(path, name), { recursive: true })))
}
