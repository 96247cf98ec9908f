import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Staging } from '../../host/index.ts'
import { packagingErrors } from '../../packaging/index.ts'
import { saveBundles } from '../verify/index.ts'
import type { FetchedFile } from './report.ts'
import type { FetchIo } from './io.ts'
import type { RemoteFiles } from './remote-files.ts'

export interface Placing {
  readonly out: string
  readonly remote: RemoteFiles
  readonly staging: Staging
  readonly io: Pick<FetchIo, 'files'>
}

/**
 * Moves what is verified to its place: seals first, so that no distribution stands without. Seals that were not judged,
 * or are refused, stay behind. Gives the names. Throws `packaging.other-bytes-here`, `host.file`.
 */
export async function placeRelease(
  files: readonly FetchedFile[],
  placing: Placing,
): Promise<readonly string[]> {
  const { remote, staging } = placing
  for (const { file } of files) await checkSame(file.fileName, file.sha256, placing)
  const seals = files.flatMap(({ outcome }) => outcome.seal)
  for (const name of seals) await staging.write(name, remote.seals.get(name) ?? new Uint8Array())
  const bundles = await bundlesOf(files, staging)
  const names = [...seals, ...bundles, ...files.map(({ file }) => file.fileName)]
  await staging.place(names)
  return names
}

/** Of a log that was asked, a bundle is kept: nobody need ask it again. */
function bundlesOf(files: readonly FetchedFile[], staging: Staging): Promise<readonly string[]> {
  const outcomes = files.map(({ outcome }) => outcome)
  return saveBundles(outcomes, {
    exists: async () => false,
    writeAtomic: (name, bytes) => staging.write(name, bytes),
  })
}

/** A file of that name with other bytes is somebody's. */
async function checkSame(fileName: string, sha256: string, { out, io }: Placing): Promise<void> {
  const path = join(out, fileName)
  if (!(await io.files.exists(path))) return
  const hash = createHash('sha256')
  for await (const part of io.files.stream(path)) hash.update(part)
  if (hash.digest('hex') === sha256) return
  throw packagingErrors(
    'packaging.other-bytes-here',
    `${path} has other bytes than ${fileName} of the index`,
    {
      hint: 'move that file away, or choose another folder with --out',
    },
  )
}
