import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commit, git, gitOrFail, startGitBench, type GitBench } from '../support/git.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

const MIB = 2 ** 20

let bench: GitBench
let token: string
beforeAll(async () => {
  bench = await startGitBench({ maxPushBytes: MIB })
  await bench.project()
  token = await bench.token('maintainer')
})
afterAll(() => bench.close())

async function pushed() {
  const project = await bench.project()
  const work = await bench.work()
  const sha = await commit(work, { 'a.txt': 'one' })
  const url = bench.url(project.path, token)
  await gitOrFail(work, 'push', '--quiet', url, 'main')
  return { ...project, work, url, sha }
}

/** Processes of git that serve the repository of a project. */
function serving(id: number): number {
  const all = execFileSync('ps', ['-eo', 'args']).toString()
  return all.split('\n').filter((line) => /(?:receive|upload)-pack/.test(line) && line.includes(`/${id}.git`))
    .length
}

const authorization = () => `Basic ${Buffer.from(`x:${token}`).toString('base64')}`

async function post(
  [path, service]: readonly [path: string, service: string],
  body: string | Buffer,
  more: Record<string, string> = {},
) {
  return fetch(`${bench.server.url}/${path}.git/git-${service}`, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: {
      authorization: authorization(),
      'content-type': `application/x-git-${service}-request`,
      ...more,
    },
  })
}

function pushHead(from: string, to: string): string {
  const command = `${from} ${to} refs/heads/main\0report-status side-band-64k`
  return `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`
}

/** A push that has begun and does not go on. */
function holdPush(path: string, head: string): Socket {
  const { hostname, port, host } = new URL(bench.server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(
    `POST /${path}.git/git-receive-pack HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization()}\r\n` +
      `Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 100000\r\n\r\n${head}PACK`,
  )
  return socket
}

describe('a push', () => {
  it('that is too large is refused with a sentence on the screen, and leaves nothing', async () => {
    const { id, work, url, sha } = await pushed()
    await writeFile(join(work, 'large'), randomBytes(3 * MIB))
    await commit(work, {})
    const { code, stderr } = await git(work, ['push', url, 'main'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('remote: fatal: pack exceeds maximum allowed size')
    expect(await gitOrFail(work, 'ls-remote', url, 'refs/heads/main')).toContain(sha)
    expect(serving(id)).toBe(0)
  })

  it('whose client goes in the middle takes git along, and changes nothing', async () => {
    const { id, path, work, url, sha } = await pushed()
    const more = await commit(work, { 'b.txt': 'b' })
    const socket = holdPush(path, pushHead(sha, more))
    await expect.poll(() => serving(id), { timeout: 10_000 }).toBeGreaterThan(0)
    socket.destroy()
    await once(socket, 'close')
    await expect.poll(() => serving(id), { timeout: 10_000 }).toBe(0)
    expect(await gitOrFail(work, 'ls-remote', url, 'refs/heads/main')).toContain(sha)
    await gitOrFail(work, 'push', '--quiet', url, 'main')
  })

  it('wins against others to the same ref, or loses, and never half', async () => {
    const { work, url } = await pushed()
    const base = await gitOrFail(work, 'rev-parse', 'HEAD')
    const shas: string[] = []
    for (let at = 0; at < 4; at += 1) {
      await gitOrFail(work, 'reset', '--quiet', '--hard', base)
      shas.push(await commit(work, { 'c.txt': `${at}` }))
    }
    const all = await Promise.all(shas.map((sha) => git(work, ['push', url, `${sha}:refs/heads/main`])))
    const won = shas.filter((_sha, at) => all[at]!.code === 0)
    expect(won).toHaveLength(1)
    expect(await gitOrFail(work, 'ls-remote', url, 'refs/heads/main')).toContain(won[0])
  })
})

describe('a project for which git runs as often as it may', () => {
  const SENTENCE = '16 processes of git run for the project already; try again in a minute'

  it('says so to each client in words, takes nothing, and goes on when there is room', async () => {
    const { id, path, work, url, sha } = await pushed()
    const more = await commit(work, { 'b.txt': 'b' })
    const head = pushHead(sha, more)
    const held = Array.from({ length: 16 }, () => holdPush(path, head))
    await expect.poll(() => serving(id), { timeout: 20_000 }).toBe(16)
    for (const asked of [
      ['ls-remote', url],
      ['push', url, 'main'],
    ] as const) {
      const { code, stderr } = await git(work, asked)
      expect([code, stderr]).toEqual([128, expect.stringContaining(`remote: ${SENTENCE}`)])
    }
    const early = await fetch(`${bench.server.url}/${path}.git/info/refs?service=git-upload-pack`, {
      headers: { authorization: authorization() },
    })
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '30'])
    const late = await post([path, 'receive-pack'], `${head}${'x'.repeat(MIB)}`)
    expect([late.status, await late.text()]).toEqual([200, expect.stringContaining(SENTENCE)])
    const fetched = await post([path, 'upload-pack'], '0000')
    expect([fetched.status, await fetched.text()]).toEqual([
      200,
      expect.stringMatching(`^....ERR ${SENTENCE}\n$`),
    ])
    for (const socket of held) socket.destroy()
    await expect.poll(() => serving(id), { timeout: 20_000 }).toBe(0)
    await gitOrFail(work, 'push', '--quiet', url, 'main')
  })
})

describe('a request', () => {
  it.each([
    '/acme/..%2f..%2fp1.git/info/refs?service=git-upload-pack',
    '/acme/%2e%2e/info/refs?service=git-upload-pack',
    '/acme/p1.git/../../x/info/refs?service=git-upload-pack',
    '/acme//p1.git/info/refs?service=git-upload-pack',
    '/acme/p1%00.git/info/refs?service=git-upload-pack',
    '/ACME/p1.git/info/refs?service=git-upload-pack',
    '/acme/p1.git.git/info/refs?service=git-upload-pack',
  ])('for %s reaches no repository', async (path) => {
    const { hostname, port, host } = new URL(bench.server.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nAuthorization: ${authorization()}\r\n\r\n`,
    )
    let text = ''
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()))
    await once(socket, 'close')
    expect(text).toMatch(/^HTTP\/1\.1 (?:400|404)/)
  })

  it.each([
    ['no packet', 'zzzz', 400],
    ['a length that is too small', '0003', 400],
    ['a command that is none', '000ahello\n0000', 400],
    ['a head without an end', '0032', 400],
    ['a list of refs without an end', `fff0${'x'.repeat(0xfff0 - 4)}`.repeat(20), 413],
  ])('to push with %s is refused', async (_name, body, status) => {
    const { path } = await pushed()
    expect((await post([path, 'receive-pack'], body)).status).toBe(status)
  })

  it('that unpacks to much more than it is, is refused', async () => {
    const { path } = await pushed()
    const bomb = gzipSync(Buffer.alloc(64 * MIB))
    expect((await post([path, 'upload-pack'], bomb, { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post([path, 'receive-pack'], bomb, { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post([path, 'upload-pack'], 'x', { 'content-encoding': 'br' })).status).toBe(400)
  })

  it('for the dumb protocol, and one of another type, is refused', async () => {
    const { path } = await pushed()
    const headers = { authorization: authorization() }
    expect((await fetch(`${bench.server.url}/${path}.git/info/refs`, { headers })).status).toBe(400)
    expect((await post([path, 'upload-pack'], '0000', { 'content-type': 'text/plain' })).status).toBe(400)
    expect((await fetch(`${bench.server.url}/${path}.git/HEAD`, { headers })).status).toBe(404)
  })
})

/** Twice what garbage of the stream was seen to take before it is collected; who keeps a push takes all of it. */
const LARGE_MIB = 96

/** What a clone of that commit gets, of which nothing is unpacked. */
async function fetchedBytes({ href, password }: URL, sha: string): Promise<number> {
  const address = new URL(href)
  ;[address.username, address.password] = ['', '']
  const answer = await fetch(`${address.href}/git-upload-pack`, {
    method: 'POST',
    body: `0032want ${sha}\n00000009done\n`,
    headers: {
      authorization: `Basic ${Buffer.from(`x:${password}`).toString('base64')}`,
      'content-type': 'application/x-git-upload-pack-request',
    },
  })
  let size = 0
  for await (const part of answer.body ?? []) size += part.length
  return size
}

it(
  'large pushes and clones go through without growing the server by as much',
  { timeout: 120_000 },
  async () => {
    const folder = await temporaryFolder()
    const server = await startServer(join(folder.path, 'data'))
    try {
      await server.admin('project', 'create', 'acme/tools')
      const asked = ['--project', 'acme/tools', '--role', 'maintainer', '--scope', 'api']
      const made = await server.admin('token', 'create', ...asked)
      const url = new URL(`${server.url}/acme/tools.git`)
      ;[url.username, url.password] = ['x', String(made['token'])]
      const work = join(folder.path, 'work')
      execFileSync('git', ['init', '--quiet', '-b', 'main', work])
      for (const setting of [
        ['core.compression', '0'],
        ['core.bigFileThreshold', '1m'],
      ] as const)
        await gitOrFail(work, 'config', ...setting)
      const passThrough = async (sizeMib: number): Promise<void> => {
        await writeFile(join(work, `of-${sizeMib}`), randomBytes(sizeMib * MIB))
        const sha = await commit(work, {})
        await gitOrFail(work, 'push', '--quiet', url.href, 'main')
        expect(await fetchedBytes(url, sha)).toBeGreaterThan(sizeMib * MIB)
      }
      const peakKib = async (): Promise<number> =>
        Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1])
      // What any request needs, and what a collection of garbage leaves for later.
      await passThrough(16)
      const before = await peakKib()
      await passThrough(LARGE_MIB)
      const grown = (await peakKib()) - before
      expect(grown).toBeLessThan((LARGE_MIB * 1024 * 3) / 4)
    } finally {
      await server.stop()
      await folder.remove()
    }
  },
)
