import { packagingErrors } from '../errors.ts'
import type { SealsChoice, ToPublish } from './local-files.ts'
import type {
  Digest,
  RegistryFile,
  LocalDistribution,
  LocalFile,
  PackageRegistry,
  PublishEvents,
  PublishPorts,
} from './ports.ts'
import { stateOf, takenFact } from './stored.ts'

/** Asked again after so many milliseconds: an index may be written a moment after the upload. */
const PAUSES_MS = [1_000, 3_000]

/** Throws `packaging.read-back` at the first file that is not listed, or not served, with the bytes here. */
export async function readBack(
  { files, seals }: { readonly files: readonly ToPublish[]; readonly seals: SealsChoice },
  { registry, clock }: PublishPorts,
  events: PublishEvents,
): Promise<void> {
  for (const { file, sideFiles } of files) {
    events.onStep(`reading back ${file.fileName}`)
    if (seals !== 'seals only') {
      const listed = await findListed(file, registry, (ms) => clock.sleep(ms))
      compare({ file, registry, there: await registry.digestOf(listed, file.sizeBytes) })
    }
    for (const side of sideFiles) {
      const there = await registry.sideFileDigest(side, side.sizeBytes)
      compare({ file: side, registry, there, more: OTHER_SEAL })
    }
  }
}

async function findListed(
  file: LocalDistribution,
  registry: PackageRegistry,
  sleep: (ms: number) => Promise<void>,
): Promise<RegistryFile> {
  for (const pauseMs of [...PAUSES_MS, undefined]) {
    const listed = await registry.list(file.distribution.name)
    const state = stateOf(file, listed)
    if (typeof state === 'object')
      throw packagingErrors('packaging.read-back', takenFact(file, registry, state))
    const found = listed.find(({ fileName }) => fileName === file.fileName)
    if (found !== undefined) return found
    if (pauseMs !== undefined) await sleep(pauseMs)
  }
  throw packagingErrors(
    'packaging.read-back',
    `the index of ${registry.name} does not list ${file.fileName}`,
    {
      hint: 'it lists no file of a quarantined version, and in a project with a publish rule only files whose seals satisfy it: look at the project there, and publish again with the right seals',
    },
  )
}

/** A Wheelseal keeps serving a seal that verifies, whatever is uploaded after it. */
const OTHER_SEAL = {
  hint: 'a seal that the registry cannot verify for the project does not replace one that it can: verify the seal here, sign the file again in a pipeline of the project if it is refused, or leave the older seal as it is',
}

interface Compared {
  readonly file: LocalFile
  readonly registry: PackageRegistry
  readonly there: Digest | undefined
  readonly more?: { readonly hint: string }
}

function compare({ file, registry: { name }, there, more }: Compared): void {
  if (there === undefined)
    throw packagingErrors('packaging.read-back', `${name} does not serve ${file.fileName}`)
  if (there.sha256 === file.sha256 && there.sizeBytes === file.sizeBytes) return
  throw packagingErrors(
    'packaging.read-back',
    there.sizeBytes === file.sizeBytes
      ? `${name} serves ${file.fileName} with sha256 ${there.sha256}, and the file here has ${file.sha256}`
      : `${name} serves ${file.fileName} with a size other than ${file.sizeBytes} bytes`,
    more,
  )
}
