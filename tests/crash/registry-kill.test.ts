import { randomInt } from 'node:crypto'
import { statSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withAdmin } from '../../src/server/index.ts'
import { runProgram, wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'
import { registryWrites, type Record, type Sent } from './registry-client.ts'
import { settledRule, wrongAtOnce, wrongNames, wrongOf, type Asking } from './registry-truth.ts'

/** Lives of one data directory, each ended by kill -9. */
const LIVES = Number(process.env['WHEELSEAL_KILLS'] ?? 12)
/** A life ends after so many acknowledged writes, in turn, and within the milliseconds in which the next are under way. */
const KILL_AFTER = [1, 3, 2, 5, 4]
const KILL_WITHIN_MS = 20
/** Most lives end while an upload that has just arrived becomes a row: within these milliseconds. */
const COMMIT_MS = 5
const ARRIVAL_TURNS = 100
const WRITERS = 3
/** Of what was sent in earlier lives, so many files are read after each one; after the last one, all. */
const SAMPLE = 10

let folder: { path: string; remove: () => Promise<void> }
let data: string
let server: Server
let token: string
const NO_BYTES = new Uint8Array(0)
const record: Record = { sent: [], rules: ['off'], isRuleChanging: false }

describe('kill -9 while distributions, files, signatures, rules and marks arrive', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    data = join(folder.path, 'data')
    server = await startServer(data)
    await server.admin('project', 'create', 'acme/app')
    await server.admin('user', 'create', 'ada', '--admin')
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it(
    `loses nothing acknowledged and lists nothing that is not whole in ${LIVES} lives`,
    { timeout: LIVES * 20_000 },
    async () => {
      for (let life = 0; life < LIVES; life += 1) {
        const before = record.sent.length
        await writeUntilKilled(KILL_AFTER[life % KILL_AFTER.length]!)
        server = await startServer(data)
        const recent = record.sent.slice(before)
        expect(await wrongAtOnce(asking())).toEqual([])
        expect(await settledRule(asking())).toEqual([])
        expect(await wrongOf(asking(), [...sampled(record.sent.slice(0, before)), ...recent])).toEqual([])
        expect(await wrongNames(asking(), recent)).toEqual([])
        expect(await readdir(join(data, 'blobs', 'tmp'))).toEqual([])
        for (const file of record.sent) file.bytes = NO_BYTES
      }
      await requireSignatures()
      expect(await wrongOf(asking(), record.sent)).toEqual([])
      expect(record.sent.filter(({ isAcknowledged }) => isAcknowledged).length).toBeGreaterThan(LIVES)
    },
  )

  it('leaves at most files that nothing names, and doctor --repair removes those alone', async () => {
    expect(await server.stop()).toBe(0)
    await mkdir(join(data, 'blobs/sha256/ff'), { recursive: true })
    await writeFile(join(data, 'blobs/sha256/ff', 'f'.repeat(62)), 'left by a crash')
    const first = await repair()
    expect(first.problems).toEqual([])
    expect(first.removed.files).toBeGreaterThan(0)
    expect(await repair()).toMatchObject({ problems: [], removed: { files: 0 } })
    server = await startServer(data)
    expect(await wrongOf(asking(), record.sent)).toEqual([])
    expect(await wrongNames(asking(), sampled(record.sent))).toEqual([])
  })
})

function asking(): Asking {
  return { url: server.url, token, record }
}

/** Of all files, those that a pipeline of the project signed, by either way, and no others are then listed. */
async function requireSignatures(): Promise<void> {
  await server.admin('project', 'rule', 'acme/app', '--project-identity')
  record.rules = ['project-identity']
  expect(await settledRule(asking())).toEqual([])
}

interface Repaired {
  readonly problems: readonly unknown[]
  readonly removed: { readonly files: number }
}

async function repair(): Promise<Repaired> {
  const argv = [wheelseal, 'doctor', '--repair', '--check-files', '--data', data, '--json']
  const { stdout } = await runProgram(argv)
  return JSON.parse(stdout) as Repaired
}

function sampled(all: readonly Sent[]): readonly Sent[] {
  const step = Math.max(1, Math.ceil(all.length / SAMPLE))
  return all.filter((_, at) => at % step === 0)
}

/** An upload is on the disk with its last byte: what follows is what makes it durable, names it and lists it. */
async function arrived(): Promise<void> {
  const tmp = join(data, 'blobs', 'tmp')
  for (let turn = 0; turn < ARRIVAL_TURNS; turn += 1) {
    const sizes = (await readdir(tmp)).map(
      (name) => statSync(join(tmp, name), { throwIfNoEntry: false })?.size,
    )
    const underWay = record.sent.filter(({ isAcknowledged, bytes }) => !isAcknowledged && bytes !== NO_BYTES)
    const isThere = underWay.some(({ bytes }) => sizes.includes(bytes.length))
    if (isThere) break
    await wait(1)
  }
  await wait(randomInt(COMMIT_MS))
}

async function writeUntilKilled(count: number): Promise<void> {
  await withAdmin(data, async (admin) => {
    const client = { url: server.url, token, admin, record }
    let acknowledged = 0
    let killed: Promise<void> | undefined
    const kill = async (): Promise<void> => {
      if (randomInt(3) === 0) await wait(randomInt(KILL_WITHIN_MS))
      else await arrived()
      await server.kill()
    }
    const write = async (first: number): Promise<void> => {
      for (let turn = first; ; turn += 1) {
        const isDone = await registryWrites[turn % registryWrites.length]!(client).then(
          () => true,
          (error: unknown) => {
            if (killed === undefined) throw error
            return false
          },
        )
        if (!isDone) return
        acknowledged += 1
        if (acknowledged >= count) killed ??= kill()
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index + randomInt(5))))
    await killed
  })
}
