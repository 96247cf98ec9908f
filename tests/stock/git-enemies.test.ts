import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
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
    const command = `${sha} ${more} refs/heads/main\0report-status side-band-64k`
    const line = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000PACK`
    const { hostname, port, host } = new URL(bench.server.url)
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST /${path}.git/git-receive-pack HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization()}\r\n` +
        `Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 100000\r\n\r\n${line}`,
    )
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

it('a thousand commits of 96 MiB go through without growing the server', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder()
  const server = await startServer(join(folder.path, 'data'))
  try {
    await server.admin('project', 'create', 'acme/tools')
    const made = await server.admin(
      'token',
      'create',
      '--project',
      'acme/tools',
      '--role',
      'maintainer',
      '--scope',
      'api',
    )
    const work = join(folder.path, 'work')
    execFileSync('git', ['init', '--quiet', '-b', 'main', work])
    const stream = Array.from({ length: 1000 }, (_, at) => {
      const data = randomBytes(96 * 1024).toString('base64')
      const who = `committer A <a@b> ${1_700_000_000 + at} +0000`
      return `commit refs/heads/main\n${who}\ndata 1\nx\nM 644 inline f${at}\ndata ${data.length}\n${data}\n`
    })
    execFileSync('git', ['fast-import', '--quiet'], { cwd: work, input: stream.join('') })
    const url = new URL(`${server.url}/acme/tools.git`)
    ;[url.username, url.password] = ['x', String(made['token'])]
    // What the first of all requests needs.
    await gitOrFail(work, 'push', '--quiet', url.href, 'main~999:refs/heads/first')
    await gitOrFail(folder.path, 'clone', '--quiet', '--bare', url.href, 'first')
    const memory = async () =>
      Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1])
    const before = await memory()
    const { code, stderr } = await git(work, ['push', url.href, 'main'])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    await gitOrFail(folder.path, 'clone', '--quiet', '--bare', url.href, 'back')
    expect((await memory()) - before).toBeLessThan(64 * 1024)
  } finally {
    await server.stop()
    await folder.remove()
  }
})
