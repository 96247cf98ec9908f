import { sha256Hex, WheelsealError, type Source } from '../../base/index.ts'
import { readSdistWord, readWheelMetadata } from '../../formats/python/archive/index.ts'
import { gateErrors } from '../errors.ts'
import type { Mismatch } from '../store.ts'
import { startArriving, type Arriving } from './arriving.ts'
import type { DigestedFile } from './digested.ts'
import { createNamedFiles, type NamedFiles } from './named-files.ts'
import { createTurns, type InTurn } from './in-turn.ts'
import type { GateParts, GateUpstream } from './parts.ts'
import type { ProvedWheels } from './proved-wheels.ts'
import { isOfUpstream } from './upstream-states.ts'

/** The way of a file from its upstream into the cache, once for all who ask for it. */
export interface Fetching {
  /** To be asked of before kept bytes are served under a name. */
  readonly named: NamedFiles
  /** Metadata that was read before its wheel has come: by upstream, name, file name and digest. */
  readonly handedOut: Map<string, Promise<Uint8Array>>
  /** The bytes on their way: those that somebody else has asked for, or new ones. */
  arriving(wanted: WantedFile): Promise<Arriving>
  /** Keeps for ever what is wrong with a file; durable when it resolves with what is then told. */
  mismatch(wanted: WantedFile, found: FoundMismatch): Promise<WheelsealError>
  /** For those with no client behind them, each of which takes room on the disk: few of an upstream at once. */
  readonly behind: (upstreamKey: string) => InTurn
  /** Ends those that are under way, and leaves nothing of them behind. */
  close(): Promise<void>
}

export type FoundMismatch = Pick<Mismatch, 'kind' | 'found' | 'expected'>

export interface WantedFile {
  readonly upstream: GateUpstream
  readonly name: string
  readonly file: DigestedFile
}

/** Up to here a file is fetched to its end although nobody waits for it any more. */
const KEPT_GOING_BYTES = 64 << 20
const MAX_BEHIND = 4

/** `onNew` hears of what a page has to show from now on: what is refused for ever, and what a wheel says otherwise. */
export function createFetching(
  parts: GateParts,
  wheels: ProvedWheels,
  onNew: (wanted: WantedFile) => void,
): Fetching {
  const running = new Map<string, Running>()
  const named = createNamedFiles()
  const handedOut: Fetching['handedOut'] = new Map()
  const told = (wanted: WantedFile, found: FoundMismatch): Promise<WheelsealError> =>
    mismatch(parts, wanted, found).finally(() => onNew(wanted))
  const begun = (wanted: WantedFile, key: string): Promise<Arriving> => {
    const closing = new AbortController()
    // Another may have begun anew in the meantime.
    const forget = (): void => void (running.get(key) === own && running.delete(key))
    const own = { closing, arriving: begin(parts, wanted, { forget, told, closing, named, wheels, onNew }) }
    running.set(key, own)
    own.arriving
      .then((one) => one.proved)
      .then(forget, (error: unknown) => {
        forget()
        logFailure(parts, wanted, error)
      })
    return own.arriving
  }
  return {
    named,
    handedOut,
    behind: createTurns(MAX_BEHIND),
    arriving: (wanted) => {
      const key = `${wanted.upstream.key} ${wanted.name} ${wanted.file.fileName} ${wanted.file.sha256}`
      return running.get(key)?.arriving ?? begun(wanted, key)
    },
    mismatch: told,
    close: async () => {
      handedOut.clear()
      const all = [...running.values()]
      for (const { closing } of all) closing.abort(gateErrors('gate.upstream', 'the gate is being stopped'))
      await Promise.allSettled(all.map(async ({ arriving }) => (await arriving).proved))
    },
  }
}

/** A client is told only that the upstream did not answer: what it did is the operator's. */
function logFailure({ log, name: gate }: GateParts, { upstream, file }: WantedFile, error: unknown): void {
  if (!(error instanceof WheelsealError) || !isOfUpstream(error)) return
  const { code, message: reason } = error
  const { fileName } = file
  log.event('gate.fetch-failed', { gate, upstream: upstream.name, fileName, code, reason }, 'warn')
}

interface Running {
  readonly arriving: Promise<Arriving>
  readonly closing: AbortController
}

interface Hooks {
  readonly forget: () => void
  readonly told: Fetching['mismatch']
  readonly closing: AbortController
  readonly named: NamedFiles
  readonly wheels: ProvedWheels
  readonly onNew: (wanted: WantedFile) => void
}

async function begin(parts: GateParts, wanted: WantedFile, hooks: Hooks): Promise<Arriving> {
  const { upstream, file } = wanted
  const { closing } = hooks
  const { maxFileBytes: maxBytes } = upstream
  if (file.sizeBytes !== null && file.sizeBytes > maxBytes)
    throw gateErrors('gate.upstream', `has ${file.sizeBytes} bytes, and the gate takes at most ${maxBytes}`)
  const incoming = await parts.cache.begin()
  try {
    // How long it is by its page is judged here: more bytes are other bytes, and no mishap of the connection.
    const asked = { maxBytes, signal: closing.signal }
    const bytes = await upstream.client.open({ ...file, sizeBytes: null }, asked)
    return startArriving({
      incoming,
      bytes: atMost(bytes, file.sizeBytes ?? maxBytes, (found) =>
        hooks.told(wanted, { kind: 'digest', ...found }),
      ),
      prove: async (whole, sha256) => {
        const keep = await prove(parts, { ...wanted, ...hooks }, { whole, sha256 })
        hooks.named.add(file)
        return keep
      },
      isKeptGoing: (arrived) => Math.max(arrived, file.sizeBytes ?? 0) <= KEPT_GOING_BYTES,
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

async function* atMost(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLong: (found: Pick<Mismatch, 'found' | 'expected'>) => Promise<WheelsealError>,
): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const part of bytes) {
    total += part.length
    if (total > maxBytes) throw await tooLong({ found: 'more bytes', expected: `${maxBytes} bytes` })
    yield part
  }
}

interface Arrived {
  readonly whole: Source
  readonly sha256: string
}

/**
 * Digest, size, then name and metadata. Gives what keeps the metadata. Throws `gate.digest`, `gate.metadata`.
 */
async function prove(
  parts: GateParts,
  wanted: WantedFile & Pick<Hooks, 'told' | 'wheels' | 'onNew'>,
  { whole, sha256 }: Arrived,
): Promise<() => Promise<void>> {
  const { file, told, wheels, onNew } = wanted
  if (sha256 !== file.sha256)
    throw await told(wanted, { kind: 'digest', found: sha256, expected: file.sha256 })
  if (file.sizeBytes !== null && whole.size !== file.sizeBytes) {
    const [found, expected] = [`${whole.size} bytes`, `${file.sizeBytes} bytes`]
    throw await told(wanted, { kind: 'digest', found, expected })
  }
  if (file.kind === 'sdist') {
    await proveSdist(parts, wanted, whole)
    return async () => undefined
  }
  const metadata = await wheelMetadata(file.fileName, whole)
  if (typeof metadata === 'string')
    throw await told(wanted, { kind: 'metadata', found: metadata, expected: 'readable METADATA' })
  const found = sha256Hex(metadata)
  if (file.metadataSha256 !== null && file.metadataSha256 !== found)
    throw await told(wanted, { kind: 'metadata', found, expected: file.metadataSha256 })
  return async () => {
    if (await wheels.keep(file, metadata)) onNew(wanted)
  }
}

/** By its own word. One that says nothing is served as it is asked for, which the log tells: installers take it. */
async function proveSdist(
  { log, name: gate }: GateParts,
  wanted: WantedFile & Pick<Hooks, 'told'>,
  whole: Source,
): Promise<void> {
  const { upstream, file, told } = wanted
  const { fileName } = file
  const word = await readSdistWord(fileName, whole)
  if (word.kind === 'same') return
  if (word.kind === 'other')
    throw await told(wanted, { kind: 'metadata', found: word.fact, expected: 'an sdist of its file name' })
  log.event('gate.sdist-silent', { gate, upstream: upstream.name, fileName, fact: word.fact }, 'warn')
}

/** Durable before anybody is told. */
async function mismatch(
  { store, clock, log, name: gate }: GateParts,
  wanted: WantedFile,
  found: FoundMismatch,
): Promise<WheelsealError> {
  const { upstream, name, file } = wanted
  const { fileName } = file
  await store.addMismatch({ upstream: upstream.key, name }, { ...found, fileName, atMs: clock.nowMs() })
  const { kind, ...compared } = found
  log.event(`gate.${kind}-mismatch`, { gate, upstream: upstream.name, fileName, ...compared }, 'warn')
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
