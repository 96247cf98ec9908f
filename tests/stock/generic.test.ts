import { createHash } from 'node:crypto'
import { open, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let generic: string
let token: string

const MIB = 2 ** 20
const bytes = Buffer.alloc(3 * MIB, 'every byte counts, in its place ')

/** Generic packages as curl reaches them, byte for byte. */
describe('curl and the generic packages of wheelseal up', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(join(folder.path, 'data'))
    const { id } = await server.admin('project', 'create', 'acme/tools')
    const created = ['--project', 'acme/tools', '--role', 'maintainer', '--scope', 'api']
    token = String((await server.admin('token', 'create', ...created))['token'])
    generic = `${server.url}/api/v4/projects/${Number(id)}/packages/generic`
    await writeFile(at('file'), bytes)
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it('take a file with Expect: 100-continue, and give it back', async () => {
    const sent = await curl(
      '--verbose',
      '--fail',
      '--header',
      'Expect: 100-continue',
      '--upload-file',
      at('file'),
      url('f'),
    )
    expect(sent).toMatchObject({ code: 0, stdout: '{"message":"201 Created"}' })
    expect(sent.stderr).toContain('HTTP/1.1 100 Continue')
    expect(await curl('--fail', '--output', at('back'), url('f'))).toMatchObject({ code: 0 })
    expect(bytes.equals(await readFile(at('back')))).toBe(true)
  })

  it('continue a download where it was cut, and give any part of it', async () => {
    await writeFile(at('half'), bytes.subarray(0, 1_000_003))
    expect(await curl('--fail', '-C', '-', '--output', at('half'), url('f'))).toMatchObject({ code: 0 })
    expect(bytes.equals(await readFile(at('half')))).toBe(true)
    for (const [range, from, to] of [
      ['7-1048583', 7, 1_048_584],
      ['-5', bytes.length - 5, undefined],
    ] as const) {
      await curl('--fail', '-r', range, '--output', at('part'), url('f'))
      expect(bytes.subarray(from, to).equals(await readFile(at('part')))).toBe(true)
    }
  })

  it('say of a file what it is, and that a copy still holds', async () => {
    const { stdout } = await curl('-I', '--fail', url('f'))
    const digest = createHash('sha256').update(bytes).digest('hex')
    expect(stdout.toLowerCase()).toContain(`x-checksum-sha256: ${digest}`)
    expect(stdout).toMatch(/content-length: 3145728\r/i)
    const known = await curl('--etag-save', at('etag'), '--output', '/dev/null', url('f'))
    expect(known.code).toBe(0)
    const again = ['--etag-compare', at('etag'), '--write-out', '%{http_code}', '--output', '/dev/null']
    expect(await curl(...again, url('f'))).toMatchObject({ stdout: '304' })
  })

  it('keep a file in folders, and refuse a way out of them', async () => {
    expect(await curl('--fail', '--upload-file', at('etag'), url('docs/v1/notes'))).toMatchObject({ code: 0 })
    const remote = await curl('--fail', '--remote-name', '--remote-header-name', url('docs%2Fv1%2Fnotes'))
    expect(remote.code).toBe(0)
    expect(await readFile(at('notes'), 'utf8')).toContain('"')
    const out = url('docs%2F..%2F..%2Fetc%2Fpasswd')
    expect((await curl('--path-as-is', '--fail', '--upload-file', at('etag'), out)).code).toBe(22)
  })

  it('refuse other bytes in words that --fail-with-body shows', async () => {
    const refused = await curl('--fail-with-body', '--upload-file', at('etag'), url('f'))
    expect([refused.code, refused.stdout]).toEqual([
      22,
      expect.stringContaining('400 Bad request - Duplicate package is not allowed'),
    ])
    await server.admin('project', 'duplicates', 'acme/tools', '--generic', 'allowed')
    expect((await curl('--fail', '--upload-file', at('etag'), url('f'))).code).toBe(0)
    expect(await server.admin('project', 'duplicates', 'acme/tools')).toMatchObject({ generic: 'allowed' })
    await server.admin('project', 'duplicates', 'acme/tools', '--generic', 'refused')
    expect((await curl('--fail', '--upload-file', at('file'), url('f'))).code).toBe(22)
  })

  it('take and give 256 MiB without keeping them in memory', async () => {
    const size = 256 * MIB
    await (await open(at('large'), 'w')).close()
    await truncate(at('large'), size)
    const before = await peakBytes()
    expect(await curl('--fail', '--upload-file', at('large'), url('large'))).toMatchObject({ code: 0 })
    const format = ['--write-out', '%{size_download}', '--output', '/dev/null']
    expect(await curl('--fail', ...format, url('large'))).toMatchObject({ stdout: String(size) })
    expect((await peakBytes()) - before).toBeLessThan(100 * MIB)
  })

  function at(name: string): string {
    return join(folder.path, name)
  }

  function url(file: string): string {
    return `${generic}/tools/1.0/${file}`
  }

  function curl(...args: string[]): Promise<Outcome> {
    const argv = ['curl', '--silent', '--show-error', '--header', `PRIVATE-TOKEN: ${token}`, ...args]
    return runProgram(argv, { cwd: folder.path })
  }

  async function peakBytes(): Promise<number> {
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024
  }
})
