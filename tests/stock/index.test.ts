import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { present, python, uv } from '../support/judges.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let index: string

const TOMORROW = '2999-01-01T00:00:00Z'
const LONG_AGO = '2020-01-01T00:00:00Z'
const VERSIONS = ['1.0', '1.1', '2.0', '3.0a1']
const wheelOf = (version: string): string => `acme_tools-${version}-py3-none-any.whl`

/** What stock installers make of the index: pip and uv, which ask for JSON and read all that is in it. */
describe.runIf(present(python, uv))('the simple index of wheelseal up', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(at('data'))
    await server.admin('project', 'create', 'acme/tools', '--visibility', 'public')
    await server.admin('user', 'create', 'ada', '--admin')
    const { token } = await server.admin('token', 'create', '--user', 'ada', '--scope', 'api')
    const upload = `${server.url}/api/v4/projects/1/packages/pypi`
    index = `${upload}/simple`
    for (const version of VERSIONS) {
      const requires = version === '2.0' ? ['>=4'] : []
      const maker = join(root, 'tests', 'support', 'small-wheel.py')
      const made = await runProgram([python, maker, at('dist'), 'acme_tools', version, ...requires])
      expect(made.code).toBe(0)
      const fields = [
        'name=acme-tools',
        `version=${version}`,
        ...requires.map((one) => `requires_python=${one}`),
      ]
      const form = fields.flatMap((field) => ['--form-string', field])
      const content = `content=@${at('dist', wheelOf(version))}`
      const sent = [
        '--fail',
        '--silent',
        '--user',
        `ada:${String(token)}`,
        '--form',
        content,
        ...form,
        upload,
      ]
      expect((await runProgram(['curl', ...sent])).code).toBe(0)
    }
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it.each(['acme-tools', 'Acme_Tools'])('gives uv and pip the newest version that fits: %s', async (name) => {
    expect(await resolvedByUv(name)).toContain('acme-tools==1.1')
    expect(await gotByPip(name)).toEqual([wheelOf('1.1')])
  })

  it('lets pip read the metadata of a wheel without the wheel', async () => {
    const { code, stdout } = await pip('acme-tools==1.1')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/acme_tools-1\.1-py3-none-any\.whl\.metadata/)])
  })

  it('gives a pre-release to who asks for one', async () => {
    expect(await resolvedByUv('acme-tools', '--prerelease', 'allow')).toContain('acme-tools==3.0a1')
    expect(await gotByPip('acme-tools', '--pre')).toEqual([wheelOf('3.0a1')])
  })

  it('says when each file was uploaded, so that both can leave out what is too new', async () => {
    expect(await resolvedByUv('acme-tools', '--exclude-newer', TOMORROW)).toContain('acme-tools==1.1')
    expect(await resolvedByUv('acme-tools', '--exclude-newer', LONG_AGO)).toContain(
      'no versions of acme-tools',
    )
    expect(await gotByPip('acme-tools', '--uploaded-prior-to', TOMORROW)).toEqual([wheelOf('1.1')])
    expect(await gotByPip('acme-tools', '--uploaded-prior-to', LONG_AGO)).toContain(
      'No matching distribution',
    )
  })

  it('gives both the digests by which they check what they got', async () => {
    const bytes = await readFile(at('dist', wheelOf('1.0')))
    const digest = createHash('sha256').update(bytes).digest('hex')
    const locked = await resolvedByUv('acme-tools==1.0', '--generate-hashes')
    expect(locked).toContain(`--hash=sha256:${digest}`)
    await writeFile(at('locked.txt'), `acme-tools==1.0 --hash=sha256:${digest}\n`)
    expect(await gotByPip('--require-hashes', '-r', at('locked.txt'))).toEqual([wheelOf('1.0')])
    await writeFile(at('wrong.txt'), `acme-tools==1.0 --hash=sha256:${'0'.repeat(64)}\n`)
    expect(await gotByPip('--require-hashes', '-r', at('wrong.txt'))).toContain('DO NOT MATCH THE HASHES')
  })

  it('lets both pass over a yanked version, and shows the reason to who pins it', async () => {
    await mark('yank', '1.1', '--reason', 'does not start')
    expect(await resolvedByUv('acme-tools')).toContain('acme-tools==1.0')
    expect(await gotByPip('acme-tools')).toEqual([wheelOf('1.0')])
    const pinned = await uvCompile('acme-tools==1.1')
    expect([pinned.code, pinned.stdout, pinned.stderr]).toEqual([
      0,
      expect.stringContaining('acme-tools==1.1'),
      expect.stringContaining('does not start'),
    ])
    const downloaded = await pip('acme-tools==1.1')
    expect([downloaded.code, downloaded.stderr]).toEqual([0, expect.stringContaining('does not start')])
    await mark('yank', '1.1', '--undo')
    expect(await resolvedByUv('acme-tools')).toContain('acme-tools==1.1')
  })

  it('hides a quarantined version, and tells who has its URL the reason', async () => {
    const page = await (await fetch(`${index}/acme-tools/`)).text()
    const [, href = ''] = /href="([^"]*acme_tools-1\.1-[^"]*)"/.exec(page) ?? []
    const url = new URL(href, `${index}/acme-tools/`).href
    await mark('quarantine', '1.1', '--reason', 'stolen token')
    expect(await resolvedByUv('acme-tools')).toContain('acme-tools==1.0')
    expect(await gotByPip('acme-tools')).toEqual([wheelOf('1.0')])
    expect(await gotByPip('acme-tools==1.1')).toContain('No matching distribution')
    expect(await gotByPip(url)).toContain('is quarantined: stolen token')
    expect((await uvInstall(url)).stderr).toContain('is quarantined: stolen token')
    await mark('quarantine', '1.1', '--undo')
    expect(await gotByPip('acme-tools')).toEqual([wheelOf('1.1')])
  })

  it('of the group has the same packages, for both', async () => {
    const group = index.replace('projects/1/', 'groups/acme/-/')
    const { stdout } = await uvCompile('acme-tools', '--index-url', group)
    expect(stdout).toContain('acme-tools==1.1')
    expect(await gotByPip('acme-tools', '--index-url', `${group}/`)).toEqual([wheelOf('1.1')])
    expect(await gotByPip('acme-other', '--index-url', `${group}/`)).toContain('No matching distribution')
  })

  it('tells both that there is no such package', async () => {
    expect(await resolvedByUv('acme-other')).toContain('acme-other was not found')
    expect(await gotByPip('acme-other')).toContain('No matching distribution')
  })

  function at(...names: readonly string[]): string {
    return join(folder.path, ...names)
  }

  async function mark(how: string, version: string, ...more: string[]): Promise<void> {
    await server.admin(how, `acme-tools==${version}`, '--project', 'acme/tools', ...more)
  }

  /** Files that pip got, or what it said. */
  async function gotByPip(...args: string[]): Promise<readonly string[] | string> {
    const { code, stderr } = await pip(...args)
    if (code !== 0) return stderr
    const got = await readdir(at(`got-${count}`))
    return got.filter((name) => name.endsWith('.whl'))
  }

  async function resolvedByUv(...args: [string, ...string[]]): Promise<string> {
    const { stdout, stderr } = await uvCompile(...args)
    return `${stdout}${stderr}`.replaceAll(/\s+/g, ' ')
  }

  async function pip(...args: string[]): Promise<Outcome> {
    count += 1
    const flags = ['--disable-pip-version-check', '--no-input', '--isolated', '--no-cache-dir']
    const where = ['--index-url', `${index}/`, '--no-deps', '--dest', at(`got-${count}`)]
    return runProgram([python, '-m', 'pip', ...flags, 'download', ...where, ...args])
  }

  async function uvCompile(requirement: string, ...more: string[]): Promise<Outcome> {
    await writeFile(at('in.txt'), `${requirement}\n`)
    const flags = ['--no-config', '--no-cache', '--python', python]
    const where = more.includes('--index-url') ? [] : ['--index-url', index]
    return runProgram([uv, 'pip', 'compile', ...flags, ...where, ...more, at('in.txt')])
  }

  function uvInstall(url: string): Promise<Outcome> {
    const flags = ['--no-config', '--no-cache', '--python', python, '--no-deps', '--target', at('target')]
    return runProgram([uv, 'pip', 'install', ...flags, `acme-tools @ ${url}`])
  }
})

let count = 0
