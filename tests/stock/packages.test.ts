import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import { present, python, twine } from '../support/judges.ts'
import { pipIndexUrl } from '../support/pip-index.ts'
import { root, runProgram, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let server: Server
let folder: { path: string; remove: () => Promise<void> }
let token: string
let api: string
let files: string[]

/** Stock twine, pip and curl with the tutorial's publish, publish_signatures and consumer lines. */
describe.runIf(present(python, twine))('the registries of wheelseal up', () => {
  beforeAll(async () => {
    folder = await temporaryFolder()
    server = await startServer(join(folder.path, 'data'))
    const { id } = await server.admin('project', 'create', 'acme/hello-tools')
    await server.admin('user', 'create', 'ada', '--admin')
    token = String((await server.admin('token', 'create', '--user', 'ada', '--scope', 'api'))['token'])
    api = `${server.url}/api/v4/projects/${Number(id)}/packages`
    const built = [python, '-m', 'build', '--outdir', at('dist'), join(root, 'examples', 'hello-tools')]
    expect((await runProgram(built)).code).toBe(0)
    files = (await readdir(at('dist'))).toSorted()
    expect(files).toEqual(['hello_tools-1.0.0-py3-none-any.whl', 'hello_tools-1.0.0.tar.gz'])
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it('take an upload of twine, and the same upload again', async () => {
    expect(await upload('dist')).toMatchObject({ code: 0 })
    expect(await upload('dist')).toMatchObject({ code: 0 })
  })

  it('refuse other bytes under a used name, in words that twine shows', async () => {
    await mkdir(at('changed'))
    const wheel = await readFile(at(`dist/${files[0]}`))
    await writeFile(at(`changed/${files[0]}`), Buffer.concat([wheel, Buffer.from(' ')]))
    const { code, stdout, stderr } = await upload('changed')
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('already been taken')
  })

  it('refuse an upload without a good token', async () => {
    const { code, stdout, stderr } = await upload('dist', 'glpat-wrong')
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('401')
  })

  it('let pip find build back ends elsewhere only when that is set, and only those named', async () => {
    const found = (name: string): Promise<Outcome> => curl('--head', `${withToken()}/pypi/simple/${name}/`)
    expect((await found('setuptools')).stdout).toContain(' 404 ')
    expect(await forward('setuptools', 'wheel', 'flit-core', 'packaging')).toMatchObject({
      names: expect.anything(),
    })
    expect((await found('setuptools')).stdout).toMatch(
      / 302 [\s\S]*location: https?:\/\/[^@]+\/setuptools\/\r/i,
    )
    expect((await found('requests')).stdout).toContain(' 404 ')
  })

  it('give pip the bytes that were uploaded, for a wheel and for a source distribution', async () => {
    const download = (...more: string[]): Promise<Outcome> =>
      pip(
        'download',
        ...more,
        '--index-url',
        `${withToken()}/pypi/simple`,
        'hello_tools==1.0.0',
        '--no-deps',
        '-d',
        at('got'),
      )
    expect(await download()).toMatchObject({ code: 0 })
    expect(await download('--no-binary', ':all:')).toMatchObject({ code: 0 })
    for (const file of files) expect(await digest(at(`got/${file}`))).toBe(await digest(at(`dist/${file}`)))
  })

  it('tell pip when its copy of a page still holds, and show it a new version at once', async () => {
    const versions = async (): Promise<string> => {
      // Of other hosts without TLS pip keeps nothing.
      const cache = ['--cache-dir', at('cache'), '--trusted-host', new URL(api).host]
      const index = ['--index-url', `${withToken()}/pypi/simple`, ...cache]
      const { stdout, stderr } = await pip('index', 'versions', '-vvv', ...index, 'hello_tools')
      return stdout + stderr
    }
    const page = '/pypi/simple/hello-tools/ HTTP/1.1"'
    expect(await versions()).toContain(`${page} 200`)
    const again = await versions()
    expect(again).toContain(`${page} 304`)
    expect(again).toContain('Available versions: 1.0.0\n')
    const fields = ['name=hello_tools', 'version=1.0.1'].flatMap((field) => ['--form', field])
    await writeFile(at('hello_tools-1.0.1.tar.gz'), distributionOf('hello_tools-1.0.1.tar.gz'))
    const content = `content=@${at('hello_tools-1.0.1.tar.gz')}`
    const uploaded = await curl('--fail', ...fields, '--form', content, `${withToken()}/pypi`)
    expect(uploaded.stdout).toContain('201 Created')
    expect(await versions()).toContain('Available versions: 1.0.1, 1.0.0\n')
  })

  it('keep signatures that curl publishes, and give them back', async () => {
    await writeFile(at('x.sig'), 'signature')
    const url = `${api}/generic/hello-tools/1.0.0/hello_tools-1.0.0-py3-none-any.whl.sig`
    const header = ['--header', `PRIVATE-TOKEN: ${token}`, '--fail']
    expect((await curl(...header, '--upload-file', at('x.sig'), url)).stdout).toContain('201 Created')
    expect(await curl(...header, '--output', at('back.sig'), url)).toMatchObject({ code: 0 })
    expect(await readFile(at('back.sig'), 'utf8')).toBe('signature')
    expect((await curl('--fail', url)).code).toBe(22)
  })

  function withToken(): string {
    return api.replace('://', `://ada:${token}@`)
  }

  async function forward(...names: string[]): Promise<Record<string, unknown>> {
    const index = await pipIndexUrl()
    return server.admin('project', 'forward', 'acme/hello-tools', '--index-url', index, '--allow', ...names)
  }

  function at(name: string): string {
    return join(folder.path, name)
  }

  function upload(dist: string, password = token): Promise<Outcome> {
    const env = {
      TWINE_USERNAME: 'ada',
      TWINE_PASSWORD: password,
      TWINE_NON_INTERACTIVE: 'true',
      COLUMNS: '400',
    }
    const names = dist === 'dist' ? files : files.slice(0, 1)
    const argv = [
      twine,
      'upload',
      '--verbose',
      '--repository-url',
      `${api}/pypi`,
      ...names.map((name) => at(`${dist}/${name}`)),
    ]
    return runProgram(argv, { env })
  }

  function pip(...args: string[]): Promise<Outcome> {
    return runProgram([python, '-m', 'pip', '--disable-pip-version-check', ...args], {
      env: { PIP_FIND_LINKS: undefined },
    })
  }

  function curl(...args: string[]): Promise<Outcome> {
    return runProgram(['curl', '--silent', '--show-error', ...args])
  }

  async function digest(path: string): Promise<string> {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  }
})
