/** kill -9 at every step of the life of pages and files: before each call of what is kept, and of a program. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../src/base/index.ts'
import { wheelOfSize } from '../../src/formats/python/archive/arrange.ts'
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
import { simplePage } from '../support/answering.ts'
import { root, startProgram, wheelseal, type TiedProcess } from '../support/program.ts'

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

function stepwise<Port extends object>(port: Port, step: () => Promise<void>): Port {
  return new Proxy(port, {
    get: (target, name, receiver): unknown => {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]): Promise<unknown> => {
        await step()
        return member.apply(target, args) as unknown
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
        write: async (part) => (await step(), incoming.write(part)),
        commit: async () => (await step(), incoming.commit()),
        discard: async () => (await step(), incoming.discard()),
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

/** An index that stops in the middle of a file, and waits. */
interface Stalling {
  readonly url: string
  /** Of the file, then nothing more comes; all of it where it is undefined. */
  stopAfterBytes: number | undefined
  /** What is sent. */
  bytes: Buffer
  readonly waiting: ServerResponse[]
  close(): Promise<void>
}

const HONEST = Buffer.from(wheelOfSize(300_000, WHEEL))

async function stallingIndex(): Promise<Stalling> {
  const waiting: ServerResponse[] = []
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/simple/') === true) {
      const file = {
        filename: WHEEL,
        url: `/f/${WHEEL}`,
        hashes: { sha256: sha256Hex(HONEST) },
        size: HONEST.length,
      }
      const { headers, body } = simplePage('demo', [file])
      response.writeHead(200, headers).end(body)
      return
    }
    const { bytes, stopAfterBytes } = state
    response.writeHead(200, { 'content-length': bytes.length })
    if (stopAfterBytes === undefined) response.end(bytes)
    else response.write(bytes.subarray(0, stopAfterBytes), () => waiting.push(response))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const state: Stalling = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/`,
    stopAfterBytes: undefined,
    bytes: HONEST,
    waiting,
    close: async () => {
      server.close().closeAllConnections()
      await once(server, 'close')
    },
  }
  return state
}

interface Running {
  readonly url: string
  readonly child: TiedProcess
}

async function startGate(data: string, index: Stalling): Promise<Running> {
  const flags = ['--upstream', index.url, '--seals', 'none', '--policy', join(folder, 'policy.toml')]
  const more = [
    '--trust',
    join(folder, 'trusted_root.json'),
    '--data',
    data,
    '--listen',
    '127.0.0.1:0',
    '--json',
  ]
  const child = startProgram([wheelseal, 'gate', 'up', ...flags, ...more], { cwd: root })
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(errors.join(''))))
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string]
  ended.catch(() => undefined)
  return { url: (JSON.parse(line) as { gates: [string] }).gates[0], child }
}

async function kill({ child }: Running): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** As the page links to it. */
async function fileUrl({ url }: Running): Promise<string> {
  const page = await fetch(`${url}demo/`, { headers: { accept: 'application/vnd.pypi.simple.v1+json' } })
  const { files } = (await page.json()) as { files: [{ url: string }] }
  return new URL(files[0].url, page.url).href
}

describe('wheelseal gate up, killed with -9', () => {
  it.each([
    ['at 1 % of a file', 3000],
    ['while its tail is held back', HONEST.length - 1],
  ])('%s leaves nothing of it, and fetches it again', async (_when, stopAfterBytes) => {
    const index = await stallingIndex()
    const data = await mkdtemp(join(folder, 'data-'))
    index.stopAfterBytes = stopAfterBytes
    const first = await startGate(data, index)
    const cut = fetch(await fileUrl(first)).then((one) => one.bytes())
    cut.catch(() => undefined)
    await expect.poll(() => index.waiting.length, { timeout: 10_000 }).toBe(1)
    await kill(first)
    await expect(cut).rejects.toThrow()
    index.stopAfterBytes = undefined
    const second = await startGate(data, index)
    expect(await readdir(join(data, 'gate', 'prod', 'tmp'))).toEqual([])
    const answer = await fetch(await fileUrl(second))
    expect([answer.status, sha256Hex(await answer.bytes())]).toEqual([200, sha256Hex(HONEST)])
    await kill(second)
    await index.close()
  })

  it('the moment a client has heard of other bytes refuses them in its next life', async () => {
    const index = await stallingIndex()
    const data = await mkdtemp(join(folder, 'data-'))
    index.bytes = Buffer.from('other bytes')
    const first = await startGate(data, index)
    expect((await fetch(await fileUrl(first))).status).toBe(403)
    await kill(first)
    index.bytes = HONEST
    const second = await startGate(data, index)
    const answer = await fetch(await fileUrl(second))
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'gate.digest' }])
    await kill(second)
    await index.close()
  })

  beforeAll(async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'policy.toml'), 'version = 1\n[unlisted]\nunsigned = "allow"\n')
    const mediaType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'
    const nothing = { tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] }
    await writeFile(join(folder, 'trusted_root.json'), JSON.stringify({ mediaType, ...nothing }))
  })
})
