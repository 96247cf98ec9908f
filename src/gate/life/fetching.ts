import { sha256Hex, WheelsealError, type Source } from '../../base/index.ts'
import { readWheelMetadata } from '../../formats/python/archive/index.ts'
import { gateErrors } from '../errors.ts'
import type { Mismatch } from '../store.ts'
import { startArriving, type Arriving } from './arriving.ts'
import type { DigestedFile } from './judging.ts'
import type { GateParts, GateUpstream } from './parts.ts'

/** The way of a file from its upstream into the cache, once for all who ask for it. */
export interface Fetching {
  /** The bytes on their way: those that somebody else has asked for, or new ones. */
  arriving(wanted: WantedFile): Promise<Arriving>
}

export interface WantedFile {
  readonly upstream: GateUpstream
  readonly name: string
  readonly file: DigestedFile
}

/** Up to here a file is fetched to its end although nobody waits for it any more. */
const KEPT_GOING_BYTES = 64 << 20

/** `onMismatch` hears of what is refused for ever from now on, once that is durable. */
export function createFetching(parts: GateParts, onMismatch: (wanted: WantedFile) => void): Fetching {
  const running = new Map<string, Promise<Arriving>>()
  return {
    arriving: (wanted) => {
      const key = `${wanted.upstream.key} ${wanted.name} ${wanted.file.fileName} ${wanted.file.sha256}`
      const before = running.get(key)
      if (before !== undefined) return before
      const forget = (): boolean => running.delete(key)
      const begun = begin(parts, wanted, { forget, onMismatch })
      running.set(key, begun)
      begun.then((one) => one.proved).then(forget, forget)
      return begun
    },
  }
}

interface Hooks {
  readonly forget: () => void
  readonly onMismatch: (wanted: WantedFile) => void
}

async function begin(parts: GateParts, wanted: WantedFile, hooks: Hooks): Promise<Arriving> {
  const { upstream, file } = wanted
  const closing = new AbortController()
  const maxBytes = Math.min(upstream.maxFileBytes, file.sizeBytes ?? upstream.maxFileBytes)
  const incoming = await parts.cache.begin()
  try {
    return startArriving({
      incoming,
      bytes: await upstream.client.open(file, { maxBytes, signal: closing.signal }),
      prove: (whole, sha256) => prove(parts, { ...wanted, ...hooks }, { whole, sha256 }),
      isKeptGoing: (bytes) => Math.max(bytes, file.sizeBytes ?? 0) <= KEPT_GOING_BYTES,
      abort: (reason) => {
        // Whoever comes next begins anew.
        hooks.forget()
        closing.abort(reason)
      },
    })
  } catch (error) {
    await incoming.discard()
    throw error
  }
}

interface Arrived {
  readonly whole: Source
  readonly sha256: string
}

/** Digest, size, then the metadata. Throws `gate.digest`, `gate.metadata`. */
async function prove(
  parts: GateParts,
  wanted: WantedFile & Hooks,
  { whole, sha256 }: Arrived,
): Promise<void> {
  const { file } = wanted
  if (sha256 !== file.sha256)
    throw await mismatch(parts, wanted, { kind: 'digest', found: sha256, expected: file.sha256 })
  if (file.sizeBytes !== null && whole.size !== file.sizeBytes) {
    const [found, expected] = [`${whole.size} bytes`, `${file.sizeBytes} bytes`]
    throw await mismatch(parts, wanted, { kind: 'digest', found, expected })
  }
  if (file.kind !== 'wheel') return
  const metadata = await wheelMetadata(file.fileName, whole)
  if (typeof metadata === 'string')
    throw await mismatch(parts, wanted, { kind: 'metadata', found: metadata, expected: 'readable METADATA' })
  const found = sha256Hex(metadata)
  if (file.metadataSha256 !== null && file.metadataSha256 !== found)
    throw await mismatch(parts, wanted, { kind: 'metadata', found, expected: file.metadataSha256 })
  await parts.store.keepMetadata(file.sha256, metadata)
}

/** Durable before anybody is told. */
async function mismatch(
  { store, clock, log, name: gate }: GateParts,
  wanted: WantedFile & Hooks,
  found: Pick<Mismatch, 'kind' | 'found' | 'expected'>,
): Promise<WheelsealError> {
  const { upstream, name, file } = wanted
  const { fileName } = file
  await store.addMismatch({ upstream: upstream.key, name }, { ...found, fileName, atMs: clock.nowMs() })
  const { kind, ...compared } = found
  log.event(`gate.${kind}-mismatch`, { gate, upstream: upstream.name, fileName, ...compared }, 'warn')
  wanted.onMismatch(wanted)
  return gateErrors(`gate.${kind}`, `${fileName}: expected ${found.expected}, found ${found.found}`)
}

/** Or why it cannot be read. */
async function wheelMetadata(fileName: string, whole: Source): Promise<Uint8Array | string> {
  try {
    return await readWheelMetadata(fileName, whole)
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    return error.message
  }
}
