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
 * upstream that lies in both places gets another one in, and only until the wheel comes. Throws `gate.metadata`, and what
 * the upstream fails with.
 */
export async function largeMetadata(
  parts: GateParts,
  fetching: Fetching,
  wanted: WantedFile,
): Promise<Uint8Array> {
  const { file, upstream } = wanted
  const beside = await upstream.client.metadata(file)
  const inside = beside === undefined ? undefined : await insideOf(wanted)
  if (beside === undefined || inside === undefined) return provedMetadata(parts, fetching, wanted)
  const [expected, found] = [sha256Hex(inside), sha256Hex(beside)]
  if (expected !== found || (file.metadataSha256 !== null && file.metadataSha256 !== found))
    throw gateErrors('gate.metadata', `${file.fileName}: expected ${expected}, found ${found}`)
  void compareLater(parts, fetching, { wanted, found }).catch((error: unknown) =>
    parts.log.failure('gate.metadata-not-compared', error, { gate: parts.name, fileName: file.fileName }),
  )
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
  /** Digest of the metadata. */
  readonly found: string
}

/** Nobody waits for it. What goes wrong with the wheel is told to whoever asks for the wheel. */
async function compareLater(
  { store }: GateParts,
  fetching: Fetching,
  { wanted, found }: HandedOut,
): Promise<void> {
  const isProved = await fetching
    .arriving(wanted)
    .then((arriving) => arriving.waited())
    .then(
      () => true,
      () => false,
    )
  const proved = isProved ? await store.findMetadata(wanted.file.sha256) : undefined
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
