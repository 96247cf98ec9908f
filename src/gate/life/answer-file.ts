import { sha256Hex, WheelsealError } from '../../base/index.ts'
import { isServedAsBefore, lostFact } from '../decide/gone.ts'
import { gateErrors } from '../errors.ts'
import type { AskedFile, FileAnswer, Refused } from '../gate.ts'
import type { CachedBlob } from '../cache.ts'
import { HELD_BACK_BYTES, type Arriving } from './arriving.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import { isDigested, type DigestedFile } from './digested.ts'
import type { GateParts } from './parts.ts'
import { largeMetadata } from './large-metadata.ts'
import { provedMetadata } from './proved-metadata.ts'
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

type Answer = Exclude<FileAnswer, Refused>
/** What `begin` fails with is not a refusal yet. */
export type AllowedAnswer =
  | Exclude<Answer, { readonly kind: 'arriving' }>
  | (Omit<Extract<Answer, { readonly kind: 'arriving' }>, 'begin'> & {
      readonly begin: () => Promise<AsyncIterable<Uint8Array>>
    })

/** Throws `gate.unknown`, and what the upstream or the bytes fail with. */
export async function answerAllowed(
  parts: GateParts,
  fetching: Fetching,
  allowed: Allowed,
): Promise<AllowedAnswer> {
  const { view, viewed, asked } = allowed
  const { file } = viewed.judged
  if (!isDigested(file)) throw new Error('a file without a digest was allowed')
  if (asked.kind === 'provenance') return answerProvenance(parts, allowed, file)
  await refuseLost(parts, fetching, { ...allowed, file })
  const wanted = { upstream: view.routed.upstream, name: view.name, file }
  const mark = async (): Promise<void> => {
    if (asked.isHead !== true) await markServed(parts, allowed)
  }
  if (asked.kind === 'metadata') return answerMetadata(parts, fetching, { ...allowed, wanted, mark })
  const served = { fileName: file.fileName, sha256: file.sha256, wouldRefuse: allowed.wouldRefuse }
  const blob = await keptBlob(parts, fetching, file)
  if (blob === undefined) {
    const begin = (): Promise<AsyncIterable<Uint8Array>> => begun(parts, fetching, { ...wanted, mark })
    return { ...served, kind: 'arriving', sizeBytes: file.sizeBytes, begin }
  }
  await mark()
  return { ...served, kind: 'kept', blob }
}

async function keptBlob(
  { cache }: GateParts,
  { named }: Fetching,
  file: DigestedFile,
): Promise<CachedBlob | undefined> {
  const blob = await cache.open(file.sha256, file.sizeBytes ?? undefined)
  return blob !== undefined && (await named.isIn(file, blob)) ? blob : undefined
}

/** With the first bytes there: what goes wrong before them can be told in place of them. */
async function begun(
  parts: GateParts,
  fetching: Fetching,
  { mark, ...wanted }: MarkedFile,
): Promise<AsyncIterable<Uint8Array>> {
  const arriving = await fetching.arriving(wanted)
  const marked = markedInTime(arriving, wanted.file, mark)
  const rest = arriving.isDone() ? keptBytes(parts, arriving, wanted.file) : arriving.follow()
  let first: Promise<IteratorResult<Uint8Array, unknown>> | undefined = rest.next()
  marked.catch(() => undefined)
  // It fails only when nothing of a failed fetch is left.
  await first
  await marked
  const next = (): Promise<IteratorResult<Uint8Array, unknown>> => {
    const result = first ?? rest.next()
    first = undefined
    return result
  }
  // No generator: one that nobody has begun to read cannot be told that its reader is gone.
  return { [Symbol.asyncIterator]: () => ({ next, return: () => rest.return(undefined) }) }
}

interface MarkedFile extends WantedFile {
  /** That it was served is durable when it resolves. */
  readonly mark: () => Promise<void>
}

/** Before the first byte: of a short file none comes before its bytes were judged, and one commit is enough for both. */
function markedInTime(
  arriving: Arriving,
  { sizeBytes }: DigestedFile,
  mark: () => Promise<void>,
): Promise<void> {
  const isShort = sizeBytes !== null && sizeBytes <= HELD_BACK_BYTES
  return isShort ? arriving.judged.then(mark) : mark()
}

/** They came in the meantime. */
async function* keptBytes(
  { cache }: GateParts,
  { proved }: Arriving,
  { sha256 }: DigestedFile,
): AsyncGenerator<Uint8Array> {
  await proved
  const blob = await cache.open(sha256)
  if (blob === undefined) throw gateErrors('gate.upstream', 'the file left the cache; try again')
  yield* blob.stream()
}

/** Of what upstream has taken back only what is kept is served, and nothing is asked for. Throws `gate.gone`. */
async function refuseLost(
  parts: GateParts,
  fetching: Fetching,
  { view, viewed, asked, file }: Allowed & { readonly file: DigestedFile },
): Promise<void> {
  if (!isServedAsBefore(file, viewed.decision)) return
  const kept =
    asked.kind === 'metadata'
      ? await keptMetadata(parts, fetching, file)
      : await parts.cache.open(file.sha256, file.sizeBytes ?? undefined)
  if (kept === undefined) throw gateErrors('gate.gone', lostFact(view.routed.upstream.name, file))
}

/** From then on a refusal of it is a recall. On a full disk what is kept is served without. */
async function markServed(parts: GateParts, { view, viewed }: Allowed): Promise<void> {
  const { store, clock, log, name: gate } = parts
  const { servedAtMs, fileName } = viewed.judged.file
  if (servedAtMs !== null || view.served.has(fileName)) return
  try {
    await store.markServed({ upstream: view.routed.upstream.key, name: view.name }, fileName, clock.nowMs())
    view.served.add(fileName)
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    log.failure('gate.served-not-marked', error, { gate, fileName })
  }
}

async function answerProvenance(
  { store }: GateParts,
  { view, viewed, wouldRefuse }: Allowed,
  { sha256, fileName }: DigestedFile,
): Promise<AllowedAnswer> {
  const seals = await store.sealsOf(view.routed.upstream.key, sha256)
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

interface AskedMetadata extends Allowed, Pick<MarkedFile, 'mark'> {
  readonly wanted: WantedFile
}

async function answerMetadata(
  parts: GateParts,
  fetching: Fetching,
  { wanted, view, wouldRefuse, mark }: AskedMetadata,
): Promise<AllowedAnswer> {
  const { file, upstream } = wanted
  if (file.kind !== 'wheel') throw gateErrors('gate.unknown', `${file.fileName} has no metadata at this gate`)
  const kept = await keptMetadata(parts, fetching, file)
  if (kept !== undefined) await mark()
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
    if (isSmall || isStrict) return provedMetadata(parts, fetching, { ...wanted, alongside: mark })
    const [read] = await Promise.all([largeMetadata(parts, fetching, wanted), mark()])
    return read
  }
}

/** Undefined for that of another name, and where nothing says whose it is. */
async function keptMetadata(
  { store, cache }: GateParts,
  { named }: Fetching,
  file: DigestedFile,
): Promise<Uint8Array | undefined> {
  const kept = await store.findMetadata(file.sha256)
  if (kept === undefined || named.isMetadata(file, kept)) return kept
  const blob = await cache.open(file.sha256, file.sizeBytes ?? undefined)
  return blob !== undefined && (await named.isIn(file, blob)) ? kept : undefined
}
