import { sha256Hex, WheelsealError, type Source } from '../../base/index.ts'
import { readWheelMetadata } from '../../formats/python/archive/index.ts'
import { gateErrors } from '../errors.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import { isOfUpstream } from './upstream-states.ts'
import type { GateParts } from './parts.ts'
import { provedMetadata } from './proved-metadata.ts'

/**
 * Metadata of a wheel that is too large to wait for: read out of the upstream's wheel by ranges, handed out only where it
 * equals what the upstream offers beside it, and compared once more when all bytes of the wheel were proved. Only an
 * upstream that lies in both places gets another one in, and only until the wheel comes. It is read once for all who ask
 * until then, and they all get the same. Throws `gate.metadata`, and what the upstream fails with.
 */
export async function largeMetadata(
  parts: GateParts,
  fetching: Fetching,
  wanted: WantedFile,
): Promise<Uint8Array> {
  const { handedOut } = fetching
  const { upstream, file } = wanted
  const key = `${upstream.key} ${wanted.name} ${file.fileName} ${file.sha256}`
  const before = handedOut.get(key)
  if (before !== undefined) return before
  if (countOf(handedOut, upstream.key) >= MAX_HANDED_OUT)
    throw gateErrors('gate.upstream', 'many large files are being fetched; try again in a minute')
  const forget = (): void => void handedOut.delete(key)
  const bytes = readOnce(parts, fetching, { wanted, isWanted: () => handedOut.has(key), forget })
  handedOut.set(key, bytes)
  bytes.catch(forget)
  return bytes
}

/** Of one upstream: each is kept in memory until its wheel has come. */
const MAX_HANDED_OUT = 64

function countOf(handedOut: Fetching['handedOut'], upstreamKey: string): number {
  let count = 0
  for (const key of handedOut.keys()) if (key.startsWith(`${upstreamKey} `)) count += 1
  return count
}

interface Reading {
  readonly wanted: WantedFile
  /** It was handed out, and the gate is not being stopped. */
  readonly isWanted: () => boolean
  /** Whoever asks next has the proved metadata, or begins anew. */
  readonly forget: () => void
}

async function readOnce(
  parts: GateParts,
  fetching: Fetching,
  { wanted, isWanted, forget }: Reading,
): Promise<Uint8Array> {
  const found = await readBoth(wanted)
  if (found === undefined) return provedMetadata(parts, fetching, wanted).finally(forget)
  const { fileName } = wanted.file
  void compareLater(parts, fetching, { wanted, isWanted, found: sha256Hex(found) })
    .catch((error: unknown) =>
      parts.log.failure('gate.metadata-not-compared', error, { gate: parts.name, fileName }),
    )
    .finally(forget)
  return found
}

/** Undefined where one of both says nothing. Throws `gate.metadata`. */
async function readBoth(wanted: WantedFile): Promise<Uint8Array | undefined> {
  const { file, upstream } = wanted
  const beside = await upstream.client.metadata(file)
  const inside = beside === undefined ? undefined : await insideOf(wanted)
  if (beside === undefined || inside === undefined) return undefined
  const [expected, found] = [sha256Hex(inside), sha256Hex(beside)]
  if (expected !== found || (file.metadataSha256 !== null && file.metadataSha256 !== found))
    throw gateErrors('gate.metadata', `${file.fileName}: expected ${expected}, found ${found}`)
  return inside
}

/** Undefined where ranges do not tell: what is wrong with a wheel is judged by all of its bytes. Throws `net.…`. */
async function insideOf(wanted: WantedFile): Promise<Uint8Array | undefined> {
  try {
    return await readWheelMetadata(wanted.file.fileName, rangeSource(wanted))
  } catch (error) {
    if (!(error instanceof WheelsealError) || isOfUpstream(error)) throw error
    return undefined
  }
}

interface HandedOut {
  readonly wanted: WantedFile
  readonly isWanted: () => boolean
  /** Digest of the metadata. */
  readonly found: string
}

/** Nobody waits for it. What goes wrong with the wheel is told to whoever asks for the wheel. */
async function compareLater(
  { store }: GateParts,
  fetching: Fetching,
  { wanted, isWanted, found }: HandedOut,
): Promise<void> {
  const { upstream, file } = wanted
  // A client may have had the wheel before its turn came.
  const known = (): Promise<Uint8Array | undefined> => store.findMetadata(file.sha256)
  const proved = await fetching
    .behind(upstream.key)(isWanted, async () => {
      const before = await known()
      if (before !== undefined) return before
      await (await fetching.arriving(wanted)).waited()
      return known()
    })
    // Of that others are told.
    .catch(() => undefined)
  if (proved === undefined || sha256Hex(proved) === found) return
  await fetching.mismatch(wanted, { kind: 'metadata', expected: sha256Hex(proved), found })
}

function rangeSource({ file, upstream }: WantedFile): Source {
  const size = file.sizeBytes ?? 0
  return {
    size,
    read: async (start, length) => {
      const bytes = await upstream.client.range(file, { start, end: start + length - 1 })
      if (bytes === undefined) throw gateErrors('gate.upstream', 'the upstream answers no ranges')
      return bytes
    },
  }
}
