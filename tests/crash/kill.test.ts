import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withAdmin } from '../../src/server/index.ts'
import { decodeHex } from '../../src/base/index.ts'
import { verifyConsistency } from '../../src/formats/merkle/index.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'
import { writes, type Acknowledged } from './client.ts'

/** Lives of one data directory, each ended by kill -9. */
const LIVES = Number(process.env['WHEELSEAL_KILLS'] ?? 12)
/** A life ends after so many acknowledged writes, in turn, with three more under way. */
const KILL_AFTER = [1, 2, 3, 4, 5, 6, 7, 9, 11, 13]
const WRITERS = 3
/** Of what was acknowledged in earlier lives, so many are looked at after each one; after the last one, all. */
const SAMPLE = 40

interface Head {
  readonly size: number
  readonly root: Uint8Array
}

let folder: { path: string; remove: () => Promise<void> }
let data: string
let server: Server
let token: string
let projectId: number
const kept: Acknowledged[] = []
const heads: Head[] = []

describe('kill -9 of wheelseal up', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    data = join(folder.path, 'data')
    server = await startServer(data)
    projectId = Number((await server.admin('project', 'create', 'acme/tools'))['id'])
    await server.admin('user', 'create', 'ada', '--admin')
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
    heads.push(await head())
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it(
    `loses nothing acknowledged and shows no fork in ${LIVES} lives`,
    { timeout: LIVES * 20_000 },
    async () => {
      for (let life = 0; life < LIVES; life += 1) {
        const before = kept.length
        const count = KILL_AFTER[life % KILL_AFTER.length]!
        await writeUntilKilled(count)
        server = await startServer(data)
        expect(kept.length - before).toBeGreaterThanOrEqual(count)
        expect(await wrongOf([...kept.slice(before), ...sampled(kept.slice(0, before))])).toEqual([])
        await expectContinues(heads.at(-1)!)
        heads.push(await head())
      }
      expect(await wrongOf(kept)).toEqual([])
      for (const seen of heads) await expectContinues(seen)
    },
  )

  it('leaves logs that are whole', async () => {
    const { logs } = (await server.admin('log', 'fsck')) as {
      logs: { name: string; size: number; problems: string[] }[]
    }
    expect(logs.map(({ name, problems }) => ({ name, problems }))).toEqual([
      { name: 'ct', problems: [] },
      { name: 'rekor', problems: [] },
    ])
    expect(logs[1]!.size).toBeGreaterThan(kept.filter(({ what }) => what.startsWith('log entry')).length)
  })
})

function sampled(all: readonly Acknowledged[]): readonly Acknowledged[] {
  const step = Math.max(1, Math.ceil(all.length / SAMPLE))
  return all.filter((_, at) => at % step === 0)
}

async function wrongOf(some: readonly Acknowledged[]): Promise<readonly unknown[]> {
  const found = await Promise.all(some.map(async (one) => ({ what: one.what, wrong: await one.check() })))
  return found.filter((one) => one.wrong !== undefined)
}

async function head(): Promise<Head> {
  const answer = (await (await fetch(`${server.url}/api/v1/log`)).json()) as {
    rootHash: string
    treeSize: number
  }
  return { size: answer.treeSize, root: decodeHex(answer.rootHash) }
}

/** The log of now has the tree of then as its beginning. */
async function expectContinues(first: Head): Promise<void> {
  const second = await head()
  const path = `/api/v1/log/proof?firstSize=${first.size}&lastSize=${second.size}`
  const { hashes } = (await (await fetch(`${server.url}${path}`)).json()) as { hashes: string[] }
  const claim = {
    first: first.size,
    second: second.size,
    firstRoot: first.root,
    secondRoot: second.root,
    proof: hashes.map((hash) => decodeHex(hash)),
  }
  expect(verifyConsistency(claim)).toBe(true)
}

async function writeUntilKilled(count: number): Promise<void> {
  await withAdmin(data, async (admin) => {
    const client = { url: server.url, projectId, token, admin }
    let acknowledged = 0
    let killed: Promise<void> | undefined
    const write = async (first: number): Promise<void> => {
      for (let turn = first; killed === undefined; turn += 1) {
        const done = await writes[turn % writes.length]!(client).catch((error: unknown) => {
          if (killed === undefined) throw error
        })
        if (done === undefined) return
        kept.push(done)
        acknowledged += 1
        if (acknowledged >= count) killed ??= server.kill()
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index + count)))
    await killed
  })
}
