import { constants } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describeError } from '../../base/index.ts'
import type { TufRepositoryStore } from '../../trust/tuf/index.ts'
import { storageErrors } from '../errors.ts'
import { replaceFile, syncFolder } from '../../host/index.ts'

/** One segment, or one below `targets`; no segment begins with a dot. */
const NAME = /^(?:targets\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

/**
 * A TUF repository as the files that a web server could serve as they are. `folder` is made where it is missing; one
 * process may write. What a crash leaves under a temporary name is removed by the next write of that file.
 */
export function createFolderTufRepository(folder: string): TufRepositoryStore {
  let last: Promise<unknown> = Promise.resolve()
  return {
    read: async (name) => (NAME.test(name) ? readIfThere(join(folder, name)) : undefined),
    write: async (name, bytes) => {
      if (!NAME.test(name)) throw new TypeError(`not a file of the TUF repository: ${JSON.stringify(name)}`)
      const write = (): Promise<void> => replace(folder, join(folder, name), bytes)
      const done = last.then(write, write)
      last = done.catch(() => undefined)
      await done
    },
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path, { flag: constants.O_RDONLY | constants.O_NOFOLLOW }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.includes(String(error.code))) return undefined
    throw storageErrors('storage.file', `${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  const isLink = error instanceof Error && 'code' in error && error.code === 'ELOOP'
  return isLink ? 'it is a symbolic link' : describeError(error)
}

/** A folder is no file either. */
const ABSENT = ['ENOENT', 'EISDIR', 'ENOTDIR']

/** Bytes, then the name, then the folders that hold it: each is durable before the next. */
async function replace(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const parent = dirname(path)
  await mkdir(parent, { recursive: true, mode: 0o700 })
  const temporary = join(parent, `.${basename(path)}.tmp`)
  await rm(temporary, { force: true })
  await replaceFile(path, { bytes, mode: 0o600, temporary })
  if (parent !== folder) await syncFolder(folder)
}
