import { createHash } from 'node:crypto'
import type { Files } from '../../base/index.ts'
import type { Staging } from '../../host/index.ts'
import type { Downloader } from '../../net/index.ts'
import { fetchErrors, MAX_FILE_BYTES, type ChosenFile } from '../../packaging/index.ts'
import type { ReadSeal } from './seal-source.ts'

export interface RemoteParts {
  readonly files: readonly ChosenFile[]
  readonly readSeal: ReadSeal
  readonly downloader: Downloader
  readonly staging: Staging
  /** Of all files together: an index need not say how large they are. */
  readonly maxBytes: number
}

/** The files of a release as a verification reads them, by their names, and the seals that it has read. */
export interface RemoteFiles extends Files {
  readonly seals: ReadonlyMap<string, Uint8Array>
}

/**
 * A verification reads seals and file once each; what it reads of the file is downloaded, and written to the private
 * folder on the way. So the bytes that were verified are those that are there, and nobody reads them a second time.
 */
export function createRemoteFiles({
  files,
  readSeal,
  downloader,
  staging,
  maxBytes: maxReleaseBytes,
}: RemoteParts): RemoteFiles {
  const known = new Map(files.map((file) => [file.fileName, file]))
  const seals = new Map<string, Uint8Array>()
  const budget = { bytes: maxReleaseBytes }
  const never = (): Promise<never> => Promise.reject(new Error('a release of an index is only read'))
  return {
    seals,
    stream: (name) => {
      const file = known.get(name)
      if (file === undefined) throw new Error(`${name} is not one of the files of the release`)
      return staging.through(name, compared(file, { downloader, budget }))
    },
    readIfThere: async (name, maxBytes) => {
      const bytes = await readSeal(name, maxBytes)
      if (bytes !== undefined) seals.set(name, bytes)
      return bytes
    },
    exists: async (name) => known.has(name) || seals.has(name),
    read: never,
    writeAtomic: never,
    remove: never,
  }
}

/** The bytes, and at their end an error where they are not what the index lists. Throws `packaging.digest`, `net.…`. */
async function* compared(
  file: ChosenFile,
  { downloader, budget }: Pick<RemoteParts, 'downloader'> & { readonly budget: { bytes: number } },
): AsyncGenerator<Uint8Array> {
  const { fileName, sizeBytes, url, sha256 } = file
  const found = await downloader.open(url, { maxBytes: sizeBytes ?? MAX_FILE_BYTES })
  if (found === undefined)
    throw fetchErrors('packaging.absent', `the index lists ${fileName}, but does not have it`)
  const hash = createHash('sha256')
  let size = 0
  for await (const part of found.parts) {
    hash.update(part)
    size += part.length
    budget.bytes -= part.length
    if (budget.bytes < 0)
      throw fetchErrors('packaging.too-many', 'the files have more bytes together than are fetched at once')
    yield part
  }
  if (sizeBytes !== undefined && size !== sizeBytes)
    throw fetchErrors('packaging.digest', `${fileName} has ${size} bytes, the index lists ${sizeBytes}`)
  const got = hash.digest('hex')
  if (got !== sha256)
    throw fetchErrors('packaging.digest', `${fileName} has the SHA-256 ${got}, the index lists ${sha256}`)
}
