import { readBack } from './read-back.ts'
import type { SealsChoice, ToPublish } from './local-files.ts'
import type { LocalFile, PublishEvents, PublishPorts } from './ports.ts'
import { findStored } from './stored.ts'
import { uploadOnce } from './upload-once.ts'

export interface Release {
  readonly files: readonly ToPublish[]
  readonly seals: SealsChoice
}

export interface PublishedFile {
  readonly file: LocalFile
  readonly state: 'uploaded' | 'was there'
}

/**
 * The life of a release:
 *
 * 1. The registry is asked for every file. One of a used name with other bytes ends it: nothing is uploaded.
 * 2. Distributions are uploaded, unless only their seals are asked for, then side files, each alone and in order; what is there with these bytes is skipped.
 *    Where it is not known what became of an upload, the registry is asked before it is tried again.
 * 3. All of them are read back from where installers read them, those that were there before too.
 *
 * Killed at any point, the same call again does what is missing. Throws `packaging.taken`, `packaging.upload`,
 * `packaging.read-back`, `net.…`.
 */
export async function publishRelease(
  { files: release, seals }: Release,
  ports: PublishPorts,
  events: PublishEvents,
): Promise<readonly PublishedFile[]> {
  events.onStep('asking the registry what it has')
  const stored = await findStored(release, ports.registry)
  const published: PublishedFile[] = []
  const publish = async (file: LocalFile, upload: () => Promise<unknown>): Promise<void> => {
    const isThere = stored.has(file)
    if (!isThere) {
      events.onStep(`uploading ${file.fileName}`)
      await upload()
    }
    published.push({ file, state: isThere ? 'was there' : 'uploaded' })
  }
  const isSealsOnly = seals === 'seals only'
  if (!isSealsOnly)
    for (const { file } of release) await publish(file, () => uploadOnce.distribution(file, ports))
  for (const side of release.flatMap(({ sideFiles }) => sideFiles))
    await publish(side, () => uploadOnce.sideFile(side, ports))
  await readBack({ files: release, seals }, ports, events)
  return published
}
