/** kill -9 of a program in the middle of a file. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../src/base/index.ts'
import { wheelOfSize } from '../../src/formats/python/archive/arrange.ts'
import { WHEEL } from '../../src/gate/life/arrange.ts'
import { simplePage } from '../support/answering.ts'
import { root, startProgram, wheelseal, type TiedProcess } from '../support/program.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-killed-'))
})
afterAll(() => rm(folder, { recursive: true }))

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
    await expect(cut).rejects.toThrow(/./)
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
