/** For tests only: a gate before an upstream that can be told to lie, with a clock that stands until it is moved. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { sha256Hex, utf8, type Clock, type Log } from '../../base/index.ts'
import { systemEntropy } from '../../host/index.ts'
import { createFileCache } from '../../storage/folder/index.ts'
import { createGateStore, migrations } from '../../storage/sql/index.ts'
import { openDatabase } from '../../storage/sqlite/index.ts'
import { ISSUER, trustRoot } from '../../verify/arrange.ts'
import { readPolicy } from '../../verify/index.ts'
import type { FileAnswer, Gate, GatePage, PageEntry, Refused } from '../gate.ts'
import type { GateStore } from '../store.ts'
import { clientOf, DAY_MS, fakeUpstream, NOW, type FakeUpstream } from './fake-upstream.contract.ts'
import { createGate } from './create-gate.ts'
import type { GateParts, GatePolicy, GateUpstream } from './parts.ts'

export {
  DAY_MS,
  metadataIn,
  netError,
  NOW,
  offer,
  provenanceOf,
  type FakeUpstream,
  type Offer,
} from './fake-upstream.contract.ts'

export const WHEEL = 'demo-1.0-py3-none-any.whl'
export const NEWER = 'demo-2.0-py3-none-any.whl'

export const ANYTHING = 'version = 1\n[unlisted]\nunsigned = "allow"\n'
export const SEALED = `version = 1
[[rules]]
names = ["demo"]
[[rules.any_of]]
issuer = "${ISSUER}"
project = "acme/app"
refs = ["refs/heads/main"]
`

export async function policyOf(text: string): Promise<GatePolicy> {
  const bytes = utf8(text)
  const path = '/etc/secret/policy.toml'
  return { file: await readPolicy(bytes, path, { nowMs: NOW }), sha256: sha256Hex(bytes), path }
}

export interface Bench {
  readonly gate: Gate
  readonly upstream: FakeUpstream
  readonly store: GateStore
  readonly parts: GateParts
  /** Names of what was logged. */
  readonly logged: string[]
  readonly folder: string
  /** Moves the clock; what sleeps until then wakes. */
  pass(ms: number): Promise<void>
  /** Another gate on what is kept, as after a restart. */
  reopen(changes?: Partial<GateParts>): Gate
  close(): Promise<void>
}

export type BenchChanges = Partial<GateParts> & {
  readonly rules?: string
  readonly upstreamChanges?: Partial<GateUpstream>
}

export async function openBench({
  rules = ANYTHING,
  upstreamChanges,
  ...changes
}: BenchChanges = {}): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-gate-'))
  const database = await openDatabase(':memory:', migrations)
  const { clock, pass } = standingClock()
  const { log, logged } = namesOf()
  const fake = fakeUpstream()
  const policy = await policyOf(rules)
  const parts: GateParts = {
    name: 'prod',
    mode: 'enforce',
    url: 'http://gate.test/gate/prod',
    upstreams: [gateUpstream(fake, upstreamChanges)],
    policy: () => policy,
    staleForMs: 7 * DAY_MS,
    clockFact: () => null,
    store: createGateStore(database),
    cache: await createFileCache({ folder, maxBytes: 1 << 30, clock, entropy: systemEntropy, log }),
    clock,
    log,
    ...changes,
  }
  const gate = createGate(parts)
  return {
    ...{ gate, upstream: fake, store: parts.store, parts, logged, folder, pass },
    reopen: (more = {}) => createGate({ ...parts, ...more }),
    close: async () => {
      await gate.close()
      await database.destroy()
      await rm(folder, { recursive: true })
    },
  }
}

export function gateUpstream(fake: FakeUpstream, changes: Partial<GateUpstream> = {}): GateUpstream {
  return {
    name: 'pypi',
    key: '0123456789abcdef',
    client: clientOf(fake),
    seals: 'provenance',
    hasProvenanceUrl: false,
    trust: () => ({ trustRoot, rootsSha256: 'roots', untilMs: null }),
    askLog: () => Promise.resolve({ entries: [] }),
    maxFileBytes: 1 << 30,
    metadata: 'by size',
    ...changes,
  }
}

interface Sleeper {
  readonly untilMs: number
  readonly wake: () => void
}

function standingClock(): { clock: Clock; pass: Bench['pass'] } {
  let nowMs = NOW
  const sleepers = new Set<Sleeper>()
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { untilMs: nowMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(new Error('the sleep was ended'))
        })
      }),
  }
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms
    for (const one of sleepers)
      if (one.untilMs <= nowMs) {
        sleepers.delete(one)
        one.wake()
      }
    await settle()
  }
  return { clock, pass }
}

/** Until all that needs no clock has happened. */
export async function settle(turns = 20): Promise<void> {
  for (let left = turns; left > 0; left -= 1) await turn()
}

function namesOf(): { log: Log; logged: string[] } {
  const logged: string[] = []
  return {
    logged,
    log: { event: (name) => void logged.push(name), failure: (name) => void logged.push(name) },
  }
}

/** Bytes that come when they are told to, and end with the signal. */
export interface Pushed {
  readonly stream: (signal: AbortSignal) => AsyncIterable<Uint8Array>
  push(bytes: Uint8Array): Promise<void>
  end(): Promise<void>
  fail(error: Error): Promise<void>
  /** Its reader has said that nothing more is wanted. */
  isAborted(): boolean
}

export function pushed(): Pushed {
  const waiting: (Uint8Array | Error | undefined)[] = []
  let wake: () => void = () => undefined
  let aborted: AbortSignal | undefined
  const add = async (what: Uint8Array | Error | undefined): Promise<void> => {
    waiting.push(what)
    wake()
    await settle()
  }
  return {
    stream: (signal) => {
      aborted = signal
      signal.addEventListener('abort', () => wake())
      return (async function* bytes() {
        for (;;) {
          while (waiting.length === 0 && !signal.aborted)
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          if (signal.aborted) throw signal.reason
          const next = waiting.shift()
          if (next === undefined) return
          if (next instanceof Error) throw next
          yield next
        }
      })()
    },
    push: add,
    end: () => add(undefined),
    fail: add,
    isAborted: () => aborted?.aborted === true,
  }
}

/** `files/pypi/packages/FILE`, as the page links to it. */
export function askedOf(fileName: string, kind: 'file' | 'metadata' | 'provenance' = 'file') {
  return { upstream: 'pypi', path: `packages/${fileName}`, kind }
}

/** In short: `allowed`, or the code of the refusal. */
export async function fetched(
  gate: Gate,
  fileName: string,
  kind?: 'metadata' | 'provenance',
): Promise<string> {
  const answer = await gate.file(askedOf(fileName, kind))
  if (answer.kind === 'refused') return answer.code
  const bytes = await bytesIn(answer)
  return bytes instanceof Uint8Array ? 'allowed' : bytes.code
}

/** All bytes of an answer. Fails where they fail. */
export async function bytesIn(answer: FileAnswer): Promise<Uint8Array | Refused> {
  if (answer.kind === 'refused') return answer
  if (answer.kind === 'small') return answer.bytes
  const stream = answer.kind === 'kept' ? answer.blob.stream() : await answer.begin()
  if ('kind' in stream) return stream
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

export function entryFor(page: GatePage, fileName: string): PageEntry | undefined {
  return page.files.find((one) => one.fileName === fileName)
}

/** A refusal, or a failure of the test. */
export async function refusalFor(gate: Gate, fileName: string, kind?: 'metadata'): Promise<Refused> {
  const answer = await gate.file(askedOf(fileName, kind))
  const told = answer.kind === 'arriving' ? await answer.begin() : answer
  if ('kind' in told && told.kind === 'refused') return told
  throw new Error(`${fileName} was not refused`)
}
