/** kill -9 at every step of the life of pages and files: before each call of what is kept. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../src/base/index.ts'
import { createGate, type FileCache, type Gate, type Incoming } from '../../src/gate/index.ts'
import {
  askedOf,
  bytesIn,
  NEWER,
  offer,
  openBench,
  policyOf,
  provenanceOf,
  SEALED,
  WHEEL,
  type Bench,
} from '../../src/gate/life/arrange.ts'
import { systemEntropy } from '../../src/host/index.ts'
import { makeSeal, OTHER } from '../../src/registry/seals/arrange.ts'
import { createFileCache } from '../../src/storage/folder/index.ts'
import { createGateStore, migrations, type Database } from '../../src/storage/sql/index.ts'
import { openDatabase } from '../../src/storage/sqlite/index.ts'

const STRANGER = 'demo-3.0-py3-none-any.whl'
const PLACE = { upstream: '0123456789abcdef', name: 'demo' }

let folder: string
let bench: Bench
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-crash-'))
  bench = await openBench({ rules: SEALED })
  const database = await openDatabase(join(folder, 'new.db'), migrations)
  await database.destroy()
})
afterAll(async () => {
  await bench.close()
  await rm(folder, { recursive: true })
})

/** An honest file, one whose bytes are others, and one of a stranger. */
function offerAll(lie: Buffer | undefined): void {
  const sealed = (of: string) => provenanceOf(makeSeal({ of }).attestation)
  bench.upstream.offers.clear()
  offer(bench.upstream, WHEEL, { provenance: sealed(WHEEL) })
  offer(bench.upstream, NEWER, { provenance: sealed(NEWER), ...(lie === undefined ? {} : { sent: lie }) })
  const stranger = makeSeal({ of: STRANGER, project: OTHER }).attestation
  offer(bench.upstream, STRANGER, { provenance: provenanceOf(stranger) })
}

/** One life of a gate, in its own folder. */
interface Life {
  readonly place: string
  readonly gate: Gate
  readonly database: Database
  /** Closes what a killed process would not have: the descriptors are those of this one. */
  close(): Promise<void>
}

/** Before each call of store and cache, `step` may keep it waiting for ever. */
async function live(place: string, step: () => Promise<void>): Promise<Life> {
  const database = await openDatabase(join(place, 'gate.db'), migrations)
  // What a killed process has written is there, synced or not; power cuts are the matter of tests/durability.
  await sql`pragma synchronous = off`.execute(database)
  const { clock, log } = bench.parts
  const options = { folder: join(place, 'files'), maxBytes: 1 << 30, clock, log, entropy: systemEntropy }
  const cache = await createFileCache(options)
  const policy = await policyOf(SEALED)
  const store = stepwise(createGateStore(database), step)
  const begun: Incoming[] = []
  const gate = createGate({
    ...bench.parts,
    policy: () => policy,
    store,
    cache: stepwiseCache(cache, { step, begun }),
  })
  const close = async (): Promise<void> => {
    for (const one of begun) await one.discard()
    await database.destroy()
  }
  return { place, gate, close, database }
}

/** Steps that were begun: a kill finds each of them done or not, and a copy of what they are at would be torn. */
const underWay = new Set<Promise<unknown>>()

function counted<Result>(work: Promise<Result>): Promise<Result> {
  const end = (): void => void underWay.delete(work)
  underWay.add(work)
  work.then(end, end)
  return work
}

function stepwise<Port extends object>(port: Port, step: () => Promise<void>): Port {
  return new Proxy(port, {
    get: (target, name, receiver): unknown => {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]): Promise<unknown> => {
        await step()
        return counted(Promise.resolve(member.apply(target, args) as unknown))
      }
    },
  })
}

interface Steps {
  readonly step: () => Promise<void>
  readonly begun: Incoming[]
}

function stepwiseCache(cache: FileCache, { step, begun }: Steps): FileCache {
  return {
    ...cache,
    begin: async () => {
      await step()
      const incoming = await cache.begin()
      begun.push(incoming)
      return {
        ...incoming,
        write: async (part) => (await step(), counted(incoming.write(part))),
        commit: async () => (await step(), counted(incoming.commit())),
        discard: async () => (await step(), counted(incoming.discard())),
      }
    },
  }
}

const SCRIPT = [
  [WHEEL, 'metadata'],
  [WHEEL, 'file'],
  [NEWER, 'file'],
  [STRANGER, 'file'],
  [WHEEL, 'file'],
] as const

/** What clients have heard until then. */
async function script({ gate }: Life, heard: string[]): Promise<void> {
  await gate.page('demo')
  for (const [fileName, kind] of SCRIPT) {
    const bytes = await bytesIn(await gate.file(askedOf(fileName, kind)))
    heard.push(`${fileName} ${bytes instanceof Uint8Array ? sha256Hex(bytes) : bytes.code}`)
  }
}

/** The state of a life that was ended before its step `last`, as a copy; undefined where it ended by itself. */
async function killedAt(
  last: number,
): Promise<{ readonly place: string; readonly heard: string[] } | undefined> {
  const place = await mkdtemp(join(folder, 'life-'))
  await cp(join(folder, 'new.db'), join(place, 'gate.db'))
  let steps = 0
  let frozen: () => void = () => undefined
  const isFrozen = new Promise<'frozen'>((resolve) => {
    frozen = () => resolve('frozen')
  })
  const step = async (): Promise<void> => {
    steps += 1
    if (steps < last) return
    frozen()
    await new Promise(() => undefined)
  }
  const life = await live(place, step)
  const heard: string[] = []
  const ended = script(life, heard).then(() => 'ended' as const)
  const how = await Promise.race([isFrozen, ended])
  await Promise.allSettled(underWay)
  const copy = `${place}-killed`
  await cp(place, copy, { recursive: true })
  await life.close()
  return how === 'ended' ? undefined : { place: copy, heard: [...heard] }
}

async function blobsIn(place: string): Promise<readonly string[]> {
  const all = await readdir(join(place, 'files'), { recursive: true, withFileTypes: true })
  return all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
}

async function expectWhole({ place, heard }: { place: string; heard: readonly string[] }): Promise<void> {
  const life = await live(place, () => Promise.resolve())
  const { gate, database } = life
  for (const path of await blobsIn(place))
    expect(path.endsWith(sha256Hex(await readFile(path))), `${path} is what its name says`).toBe(true)
  expect(await readdir(join(place, 'files', 'tmp'))).toEqual([])
  const store = createGateStore(database)
  // From now on the upstream is honest: what was told stays, and all else can be had.
  const wasRefused = (await store.listMismatches(PLACE)).length > 0
  if (heard.some((one) => one.startsWith(NEWER))) expect(wasRefused).toBe(true)
  const again: string[] = []
  await script(life, again)
  expect(again.map((one) => one.split(' ')[1])).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}$/),
    sha256Hex(bench.upstream.offers.get(WHEEL)!.bytes),
    wasRefused ? 'gate.digest' : sha256Hex(bench.upstream.offers.get(NEWER)!.bytes),
    'verify.identity',
    sha256Hex(bench.upstream.offers.get(WHEEL)!.bytes),
  ])
  for (const code of ['gate.digest', 'verify.identity'])
    if (heard.some((one) => one.endsWith(code))) {
      const refusals = await store.listRefusals('prod', { sinceMs: 0, limit: 9 })
      expect(refusals.find((one) => one.code === code)?.count).toBeGreaterThan(1)
    }
  await gate.close()
  await life.close()
}

describe('a gate that is killed', () => {
  it(
    'before any step has no blob without its digest, forgets no refusal, and does all of it again',
    { timeout: 120_000 },
    async () => {
      const lie = Buffer.from('other bytes')
      let steps = 1
      for (; ; steps += 1) {
        offerAll(lie)
        const killed = await killedAt(steps)
        if (killed === undefined) break
        offerAll(undefined)
        await expectWhole(killed)
      }
      expect(steps).toBeGreaterThan(40)
    },
  )
})
