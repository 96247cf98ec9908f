import { sha256Hex } from '../../base/index.ts'
import type { KnownFile } from '../facts.ts'
import { gateErrors } from '../errors.ts'
import type { AskedFile, FileAnswer } from '../gate.ts'
import type { Arriving } from './arriving.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import { isDigested, type DigestedFile } from './judging.ts'
import type { GateParts } from './parts.ts'
import { largeMetadata } from './large-metadata.ts'
import type { NameView, ViewedFile } from './view.ts'

/** A file that may be served, as the route asks for it. */
export interface Allowed {
  readonly view: NameView
  readonly viewed: ViewedFile
  readonly asked: AskedFile
  readonly wouldRefuse: string | null
}

/** Of a wheel up to which its metadata waits for all of its bytes. */
const MAX_WAITED_BYTES = 64 << 20
/** pip and Poetry give up after 15 seconds without a byte. */
const PATIENCE_MS = 12_000

/** Throws `gate.unknown`, and what the upstream or the bytes fail with. */
export async function answerAllowed(
  parts: GateParts,
  fetching: Fetching,
  allowed: Allowed,
): Promise<FileAnswer> {
  const { view, viewed, asked } = allowed
  const { file } = viewed.judged
  if (!isDigested(file)) throw new Error('a file without a digest was allowed')
  if (asked.kind === 'provenance') return answerProvenance(parts, allowed, file)
  await markServed(parts, view, file)
  const wanted = { upstream: view.routed.upstream, name: view.name, file }
  if (asked.kind === 'metadata') return answerMetadata(parts, fetching, { ...allowed, wanted })
  const served = { fileName: file.fileName, sha256: file.sha256, wouldRefuse: allowed.wouldRefuse }
  const blob = await parts.cache.open(file.sha256, file.sizeBytes ?? undefined)
  if (blob !== undefined) return { ...served, kind: 'kept', blob }
  const arriving = await fetching.arriving(wanted)
  const bytes = (): AsyncIterable<Uint8Array> => arrivingBytes(parts, arriving, file)
  return { ...served, kind: 'arriving', sizeBytes: file.sizeBytes, bytes, proved: arriving.proved }
}

/** Followed while they come; of the cache where they came in the meantime. */
async function* arrivingBytes(
  { cache }: GateParts,
  arriving: Awaited<ReturnType<Fetching['arriving']>>,
  { sha256 }: DigestedFile,
): AsyncGenerator<Uint8Array> {
  if (!arriving.isDone()) return yield* arriving.follow()
  await arriving.proved
  const blob = await cache.open(sha256)
  if (blob === undefined) throw gateErrors('gate.upstream', 'the file left the cache while it was asked for')
  return yield* blob.stream()
}

/** From then on a refusal of it is a recall. */
async function markServed({ store, clock }: GateParts, view: NameView, file: KnownFile): Promise<void> {
  if (file.servedAtMs !== null) return
  await store.markServed(
    { upstream: view.routed.upstream.key, name: view.name },
    file.fileName,
    clock.nowMs(),
  )
}

async function answerProvenance(
  { store }: GateParts,
  { viewed, wouldRefuse }: Allowed,
  { sha256, fileName }: DigestedFile,
): Promise<FileAnswer> {
  const seals = await store.sealsOf(sha256)
  const newest = seals.findLast(({ kind }) => kind === 'provenance')
  if (newest === undefined)
    throw gateErrors('gate.unknown', `${viewed.judged.file.fileName} has no provenance at this gate`)
  return {
    kind: 'small',
    fileName: `${fileName}.provenance`,
    sha256: newest.sha256,
    bytes: newest.bytes,
    wouldRefuse,
  }
}

interface AskedMetadata extends Allowed {
  readonly wanted: WantedFile
}

async function answerMetadata(
  parts: GateParts,
  fetching: Fetching,
  { wanted, view, wouldRefuse }: AskedMetadata,
): Promise<FileAnswer> {
  const { file, upstream } = wanted
  if (file.kind !== 'wheel') throw gateErrors('gate.unknown', `${file.fileName} has no metadata at this gate`)
  const kept = await parts.store.findMetadata(file.sha256)
  const bytes = kept ?? (await newMetadata())
  return {
    kind: 'small',
    fileName: `${file.fileName}.metadata`,
    sha256: sha256Hex(bytes),
    bytes,
    wouldRefuse,
  }

  async function newMetadata(): Promise<Uint8Array> {
    const isSmall = file.sizeBytes === null || file.sizeBytes <= MAX_WAITED_BYTES
    const listing = parts.policy().file.listingOf(view.name)
    const isStrict = upstream.metadata === 'strict' || listing === 'name' || listing === 'prefix'
    if (!isSmall && !isStrict) return largeMetadata(parts, fetching, wanted)
    const arriving = await fetching.arriving(wanted)
    await withinPatience(parts, arriving, file)
    const proved = await parts.store.findMetadata(file.sha256)
    if (proved === undefined) throw new Error('a wheel was proved without its metadata')
    return proved
  }
}

/** Throws `gate.upstream` where it takes longer than clients wait. */
async function withinPatience({ clock }: GateParts, arriving: Arriving, file: KnownFile): Promise<void> {
  const waiting = new AbortController()
  const late = clock.sleep(PATIENCE_MS, waiting.signal).then(
    () => 'late' as const,
    () => 'done' as const,
  )
  try {
    if ((await Promise.race([arriving.proved, late])) === 'late')
      throw gateErrors('gate.upstream', stillFetching(arriving.arrivedBytes(), file))
  } finally {
    waiting.abort()
  }
}

function stillFetching(arrivedBytes: number, { sizeBytes }: KnownFile): string {
  const share = sizeBytes === null ? '' : `, ${Math.floor((100 * arrivedBytes) / sizeBytes)} %`
  return `its file is still being fetched${share}; try again in a minute`
}
