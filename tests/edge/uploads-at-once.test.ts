import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request, type ClientRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let server: Server
let headers: Record<string, string>
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder.path, 'data'))
  await server.admin('project', 'create', 'acme/tools')
  await server.admin('user', 'create', 'ada', '--admin')
  const { token } = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
  headers = { 'private-token': String(token) }
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

interface Upload {
  readonly fileName: string
  readonly method: 'POST' | 'PUT'
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer
  /** Where the file is read. */
  readonly file: string
  readonly sha256: string
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function genericUpload(fileName: string, bytes: Buffer = randomBytes(2000)): Upload {
  const path = `generic/tools/1.0/${fileName}`
  return { fileName, method: 'PUT', path, headers: {}, body: bytes, file: path, sha256: digestOf(bytes) }
}

function pypiUpload(version: string, content = randomBytes(2000).toString('hex')): Upload {
  const fileName = `demo-${version}-py3-none-any.whl`
  const bytes = Buffer.from(distributionOf(fileName, { content }))
  const field = (name: string, text: string): string =>
    `--cut\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`
  const head = `${field('name', 'demo')}${field('version', version)}--cut\r\nContent-Disposition: form-data; name="content"; filename="${fileName}"\r\n\r\n`
  const sha256 = digestOf(bytes)
  return {
    ...{ fileName, method: 'POST', path: 'pypi', sha256, file: `pypi/files/${sha256}/${fileName}` },
    headers: { 'content-type': 'multipart/form-data; boundary=cut' },
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--cut--\r\n')]),
  }
}

const urlOf = (path: string): string => `${server.url}/api/v4/projects/1/packages/${path}`

type Answer = readonly [status: number, body: string]

/** What is sent in parts; the answer is undefined where the connection ends without one. */
function open(upload: Upload): {
  readonly sent: ClientRequest
  readonly answer: Promise<Answer | undefined>
} {
  const { method, body } = upload
  const length = { 'content-length': String(body.length) }
  const sent = request(urlOf(upload.path), {
    ...{ method, agent: false },
    headers: { ...headers, ...upload.headers, ...length },
  })
  const answer = new Promise<Answer | undefined>((done) => {
    sent.on('error', () => done(undefined))
    sent.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => done([response.statusCode ?? 0, Buffer.concat(parts).toString()]))
    })
  })
  return { sent, answer }
}

async function send(upload: Upload): Promise<Answer | undefined> {
  const { sent, answer } = open(upload)
  sent.end(upload.body)
  return answer
}

const staged = (): Promise<string[]> => readdir(join(server.data, 'blobs/tmp'))

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(5)
}

async function read(path: string): Promise<string> {
  const answer = await fetch(urlOf(path), { headers })
  return answer.status === 200 ? digestOf(new Uint8Array(await answer.arrayBuffer())) : String(answer.status)
}

/** Files of the page with their digests. */
async function listed(): Promise<ReadonlyMap<string, string>> {
  const accept = 'application/vnd.pypi.simple.v1+json'
  const answer = await fetch(urlOf('pypi/simple/demo/'), { headers: { ...headers, accept } })
  if (answer.status === 404) return new Map()
  const { files } = (await answer.json()) as { files: { filename: string; hashes: { sha256: string } }[] }
  return new Map(files.map(({ filename, hashes }) => [filename, hashes.sha256]))
}

const KINDS: readonly (readonly [string, (name: string, content?: string) => Upload])[] = [
  ['a distribution', (name, content) => pypiUpload(name, content)],
  [
    'a generic file',
    (name, content) => genericUpload(name, content === undefined ? undefined : Buffer.from(content)),
  ],
]

describe.each(KINDS)('%s', (kind, make) => {
  const of = `${kind.length}`

  it('of a client that dies is in no list and no folder, and its name is free', async () => {
    const upload = make(`1.${of}`)
    const { sent, answer } = open(upload)
    sent.write(upload.body.subarray(0, -100))
    await until(async () => (await staged()).length === 1)
    sent.destroy()
    expect(await answer).toBeUndefined()
    await until(async () => (await staged()).length === 0)
    expect([await read(upload.file), (await listed()).has(upload.fileName)]).toEqual(['404', false])
    const other = make(`1.${of}`)
    expect(await send(other)).toMatchObject([201, expect.anything()])
    expect(await read(other.file)).toBe(other.sha256)
  })

  it('that two clients send at once with the same bytes is there once, for both', async () => {
    for (let round = 0; round < 5; round += 1) {
      const upload = make(`2.${of}.${round}`, 'the same bytes')
      const answers = await Promise.all([send(upload), send(upload), send(upload)])
      expect(answers.map((answer) => answer?.[0])).toEqual([201, 201, 201])
      expect(await read(upload.file)).toBe(upload.sha256)
    }
  })

  it('that two clients send at once with other bytes is that of one, and the other is told', async () => {
    for (let round = 0; round < 10; round += 1) {
      const uploads = [make(`3.${of}.${round}`), make(`3.${of}.${round}`)]
      const answers = await Promise.all(uploads.map((upload) => send(upload)))
      const won = uploads.filter((_, at) => answers[at]?.[0] === 201)
      const lost = answers.filter((answer) => answer?.[0] === 400)
      expect([won.length, lost.length]).toEqual([1, 1])
      expect(lost[0]?.[1]).toMatch(/registry\.(file|generic)-taken/)
      expect(await read(won[0]!.file)).toBe(won[0]!.sha256)
      if (won[0]!.method === 'POST') expect((await listed()).get(won[0]!.fileName)).toBe(won[0]!.sha256)
    }
    expect(await staged()).toEqual([])
  })
})

const AT_ONCE = 100
/** What the server opens for itself beside: the database, a file that it syncs or reads. */
const OWN = 20

describe('a hundred uploads at once', () => {
  it('hold a connection and a file each, and no descriptor when they have ended', async () => {
    const descriptors = async (): Promise<number> => (await readdir(`/proc/${server.pid}/fd`)).length
    const round = async (name: string): Promise<number> => {
      const uploads = Array.from({ length: AT_ONCE }, (_, at) =>
        at % 2 === 0 ? pypiUpload(`4.${name}.${at}`) : genericUpload(`${name}-${at}.bin`),
      )
      const opened = uploads.map((upload) => open(upload))
      for (const [at, { sent }] of opened.entries()) sent.write(uploads[at]!.body.subarray(0, -100))
      await until(async () => (await staged()).length === AT_ONCE)
      const highest = await descriptors()
      for (const [at, { sent }] of opened.entries()) sent.end(uploads[at]!.body.subarray(-100))
      const answers = await Promise.all(opened.map(({ answer }) => answer))
      expect(answers.map((answer) => answer?.[0])).toEqual(Array(AT_ONCE).fill(201))
      for (const upload of uploads.slice(0, 10)) expect(await read(upload.file)).toBe(upload.sha256)
      return highest
    }
    await round('1')
    const before = await descriptors()
    const highest = await round('2')
    expect(highest - before).toBeLessThanOrEqual(2 * AT_ONCE + OWN)
    await until(async () => (await descriptors()) <= before + 2)
    expect(await staged()).toEqual([])
  })
})
