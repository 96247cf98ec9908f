import { sha256Hex, WheelsealError, type Source } from '../../base/index.ts'
import { readWheelMetadata } from '../../formats/python/archive/index.ts'
import { gateErrors } from '../errors.ts'
import type { Fetching, WantedFile } from './fetching.ts'
import type { GateParts } from './parts.ts'

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
  if (beside === undefined) return provedMetadata(parts, fetching, wanted)
  const inside = await readWheelMetadata(file.fileName, rangeSource(wanted)).catch((error: unknown) => {
    if (error instanceof NoRanges) return undefined
    throw error
  })
  if (inside === undefined) return provedMetadata(parts, fetching, wanted)
  const [expected, found] = [sha256Hex(inside), sha256Hex(beside)]
  if (expected !== found || (file.metadataSha256 !== null && file.metadataSha256 !== found))
    throw gateErrors('gate.metadata', `${file.fileName}: expected ${expected}, found ${found}`)
  const arriving = await fetching.arriving(wanted)
  arriving.proved.then(
    () => compareAgain(parts, wanted, found),
    () => undefined,
  )
  return inside
}

async function provedMetadata(parts: GateParts, fetching: Fetching, wanted: WantedFile): Promise<Uint8Array> {
  const arriving = await fetching.arriving(wanted)
  await arriving.proved
  const proved = await parts.store.findMetadata(wanted.file.sha256)
  if (proved === undefined) throw new Error('a wheel was proved without its metadata')
  return proved
}

async function compareAgain(parts: GateParts, wanted: WantedFile, handedOut: string): Promise<void> {
  const { store, clock, log, name: gate } = parts
  const { file, upstream, name } = wanted
  const proved = await store.findMetadata(file.sha256)
  const expected = proved === undefined ? '' : sha256Hex(proved)
  if (expected === handedOut) return
  const mismatch = { fileName: file.fileName, kind: 'metadata' as const, expected, found: handedOut }
  await store.addMismatch({ upstream: upstream.key, name }, { ...mismatch, atMs: clock.nowMs() })
  log.event(
    'gate.metadata-mismatch',
    { gate, upstream: upstream.name, ...mismatch, file: file.fileName },
    'warn',
  )
}

/** The upstream answers no ranges. */
class NoRanges extends WheelsealError {
  constructor() {
    super('gate.upstream', 'the upstream answers no ranges', { status: 424, exit: 1, summary: '', hint: '' })
  }
}

function rangeSource({ file, upstream }: WantedFile): Source {
  const size = file.sizeBytes ?? 0
  return {
    size,
    read: async (start, length) => {
      const bytes = await upstream.client.range(file, { start, end: start + length - 1 })
      if (bytes === undefined) throw new NoRanges()
      return bytes
    },
  }
}
