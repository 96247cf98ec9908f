import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeError, WheelsealError, type Http } from '../base/index.ts'
import { netErrors } from './errors.ts'
import { createTufFetcher, type NotingFetcher } from './tuf-fetcher.ts'

export interface TufRequest {
  readonly http: Http
  /** Of the repository, without a slash at its end. */
  readonly url: string
  /** A root that is trusted already; newer ones are followed from it. */
  readonly root: Uint8Array
  /** Names of the targets wanted. */
  readonly targets: readonly string[]
}

export interface VerifiedRepository {
  readonly documents: Readonly<Record<'root' | 'timestamp' | 'snapshot' | 'targets', Uint8Array>>
  readonly targets: ReadonlyMap<string, Uint8Array>
}

/**
 * The targets as they are signed now, by tuf-js. It persists nothing, so that only the expiry of the documents
 * keeps an older state out. Throws `net.tuf` for whatever does not verify, and what the Http port throws.
 */
export async function fetchTufRepository(request: TufRequest): Promise<VerifiedRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-tuf-'))
  const fetcher = createTufFetcher(request.http, folder)
  try {
    return await fetchInto(folder, fetcher, request)
  } catch (cause) {
    if (fetcher.failure !== undefined) throw fetcher.failure
    if (cause instanceof WheelsealError) throw cause
    throw netErrors('net.tuf', `${request.url}: ${describeError(cause)}`, { cause })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fetchInto(
  folder: string,
  fetcher: NotingFetcher,
  { url, root, targets }: TufRequest,
): Promise<VerifiedRepository> {
  // Not at the top: it costs a command more than the request does.
  const {
    default: { Updater },
  } = await import('tuf-js')
  const document = (role: string): string => join(folder, `${role}.json`)
  // TUF specification 1.0.31 §5.2: the trusted root.
  await writeFile(document('root'), root)
  const updater = new Updater({
    metadataDir: folder,
    metadataBaseUrl: url,
    targetDir: folder,
    targetBaseUrl: `${url}/targets`,
    fetcher,
  })
  // §5.3 to §5.6: root, timestamp, snapshot, targets.
  await updater.refresh()
  const fetched = new Map<string, Uint8Array>()
  for (const name of targets) {
    // §5.7: each target against the targets metadata.
    const info = await updater.getTargetInfo(name)
    if (info === undefined) throw netErrors('net.tuf', `${url} has no target ${name}`)
    fetched.set(name, await readFile(await updater.downloadTarget(info, join(folder, 'target'))))
  }
  const documents = {
    root: await readFile(document('root')),
    timestamp: await readFile(document('timestamp')),
    snapshot: await readFile(document('snapshot')),
    targets: await readFile(document('targets')),
  }
  return { documents, targets: fetched }
}
