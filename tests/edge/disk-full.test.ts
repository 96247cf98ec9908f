import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { request, type ClientRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

/** A disk of its own, of which the server keeps 64 MiB free: what is really full is a file system, and no port. */

const MIB = 1 << 20
const DISK_MIB = 90
let folder: { path: string; remove: () => Promise<void> }

/** Of the machine alone; where nothing may be mounted, `server/data/full-disk.test.ts` says what the server does. */
function canMount(): boolean {
  const place = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim()
  try {
    mount(place)
    execFileSync('umount', [place])
    return true
  } catch {
    console.warn('nothing can be mounted here: no disk is filled')
    return false
  } finally {
    execFileSync('rmdir', [place])
  }
}

function mount(place: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', place], { stdio: 'ignore' })
}

// oxlint-disable vitest/no-conditional-tests -- A skipped test fails in CI, which may run where nothing can be mounted.
if (canMount())
  describe('a disk that becomes full', { timeout: 60_000 }, () => {
    fillDisk()
  })
else
  it('is played by a port where nothing can be mounted, as it is here', () => {
    expect(existsSync(join(import.meta.dirname, '../../src/server/data/full-disk.test.ts'))).toBe(true)
  })
// oxlint-enable vitest/no-conditional-tests

function fillDisk(): void {
  let disk: string
  let server: Server
  let headers: Record<string, string>
  beforeAll(async () => {
    folder = await temporaryFolder()
    disk = join(folder.path, 'disk')
    await mkdir(disk)
    mount(disk)
    server = await startServer(join(disk, 'data'))
    await server.admin('project', 'create', 'acme/tools')
    await server.admin('user', 'create', 'ada', '--admin')
    const { token } = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
    headers = { 'private-token': String(token) }
  })
  afterAll(async () => {
    await server.stop()
    execFileSync('umount', [disk])
    await folder.remove()
  })

  const packages = (): string => `${server.url}/api/v4/projects/1/packages`
  const put = (name: string): Promise<Response> =>
    fetch(`${packages()}/generic/tools/1.0/${name}`, { method: 'PUT', headers, body: 'some bytes' })
  const publish = (version: string): Promise<Response> => {
    const form = new FormData()
    const fileName = `demo-${version}.tar.gz`
    form.append('name', 'demo')
    form.append('version', version)
    form.append('content', new Blob([Uint8Array.from(distributionOf(fileName))]), fileName)
    return fetch(`${packages()}/pypi`, { method: 'POST', headers, body: form })
  }
  const yank = (reason: string): Promise<Response> =>
    fetch(`${packages()}/pypi/names/demo/versions/1.0/yank`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ reason }),
    })
  /** The database has some room of its own; gives what it said when that was used up, and how many it took before. */
  const yankUntilRefused = async (): Promise<{ refused: Response; taken: number }> => {
    for (let taken = 0; ; taken += 1) {
      const answer = await yank(`reason ${taken}`)
      if (answer.status !== 200) return { refused: answer, taken }
    }
  }
  const listed = async (): Promise<unknown> => {
    const accept = 'application/vnd.pypi.simple.v1+json'
    const answer = await fetch(`${packages()}/pypi/simple/demo/`, { headers: { ...headers, accept } })
    const { files } = (await answer.json()) as { files: { filename: string; yanked?: unknown }[] }
    return files.map(({ filename, yanked }) => [filename, yanked ?? false])
  }
  const staged = (): Promise<string[]> => readdir(join(server.data, 'blobs/tmp'))
  const filler = (): string => join(disk, 'filler')
  const first = [['demo-1.0.tar.gz', false]]

  it('refuses uploads with the reason while only the reserve is left, and goes on when there is room', async () => {
    expect([(await publish('1.0')).status, (await put('a')).status]).toEqual([201, 201])
    await writeFile(filler(), Buffer.alloc(30 * MIB))
    for (const refused of [await publish('2.0'), await put('b')]) {
      expect(refused.status).toBe(507)
      expect(refused.statusText).toContain('the disk has ')
      expect(await refused.json()).toMatchObject({
        code: 'storage.full',
        message: expect.stringMatching(/^507 .* MiB free, and 64 MiB are reserved/),
      })
    }
    expect([await listed(), await staged()]).toEqual([first, []])
    expect((await fetch(`${packages()}/generic/tools/1.0/b`, { headers })).status).toBe(404)
    await rm(filler())
    expect([(await publish('2.0')).status, (await put('b')).status]).toEqual([201, 201])
    expect(await listed()).toEqual([...first, ['demo-2.0.tar.gz', false]])
  })

  it('refuses what is under way when the last byte goes, keeps none of it, and shows what it has', async () => {
    const { sent, answer } = uploading(`${packages()}/generic/tools/1.0/large`, headers)
    sent.write(Buffer.alloc(MIB))
    while ((await sizesOf(join(server.data, 'blobs/tmp'))) < MIB) await wait(5)
    fill(filler())
    sent.end(Buffer.alloc(2 * MIB))
    expect(await answer).toEqual([507, expect.stringContaining('storage.full')])
    expect(await staged()).toEqual([])
    const { refused: unmarked, taken } = await yankUntilRefused()
    for (const refused of [unmarked, await publish('3.0'), await put('c')])
      expect([refused.status, await refused.text()]).toEqual([507, expect.stringContaining('storage.full')])
    const yanked = taken === 0 ? false : `reason ${taken - 1}`
    expect(await listed()).toEqual([
      ['demo-1.0.tar.gz', yanked],
      ['demo-2.0.tar.gz', false],
    ])
    expect(await (await fetch(`${packages()}/generic/tools/1.0/a`, { headers })).text()).toBe('some bytes')
    await rm(filler())
    const later = [await put('large'), await publish('3.0'), await yank('later')]
    expect(later.map(({ status }) => status)).toEqual([201, 201, 200])
    expect(await listed()).toEqual([
      ['demo-1.0.tar.gz', 'later'],
      ['demo-2.0.tar.gz', false],
      ['demo-3.0.tar.gz', false],
    ])
  })

  it('is whole after all of it', async () => {
    expect(await server.admin('doctor', '--check-files')).toMatchObject({ problems: [] })
    const { logs } = (await server.admin('log', 'fsck')) as { logs: { problems: string[] }[] }
    expect(logs.flatMap(({ problems }) => problems)).toEqual([])
  })
}

/** Until the system says that no byte more fits. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(64 * 1024))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}

async function sizesOf(place: string): Promise<number> {
  const sizes = await Promise.all((await readdir(place)).map((name) => stat(join(place, name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

type Answer = readonly [status: number, body: string]

function uploading(
  url: string,
  headers: Record<string, string>,
): { readonly sent: ClientRequest; readonly answer: Promise<Answer> } {
  const sent = request(url, { method: 'PUT', headers })
  const answer = new Promise<Answer>((done, fail) => {
    sent.on('error', fail)
    sent.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => done([response.statusCode ?? 0, Buffer.concat(parts).toString()]))
    })
  })
  return { sent, answer }
}
