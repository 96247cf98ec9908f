import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { systemSpawn } from '../../host/index.ts'
import { buildEnvironment, checkBuiltNames, compareArgv, lastLines, readDifference } from '../index.ts'

const WHEEL = 'my_pkg-1.0-py3-none-any.whl'
const SDIST = 'my_pkg-1.0.tar.gz'

describe('what a build made', () => {
  it('is a wheel and an sdist of one name and one version, in whatever spelling', () => {
    expect(checkBuiltNames([SDIST, WHEEL])).toEqual({
      wheel: WHEEL,
      sdist: SDIST,
      name: 'my-pkg',
      version: '1.0',
    })
    expect(checkBuiltNames(['My.Pkg-1.0.0.tar.gz', WHEEL]).name).toBe('my-pkg')
  })

  it.each([
    ['no file', []],
    ['no wheel', [SDIST]],
    ['no sdist', [WHEEL]],
    ['two wheels', [SDIST, WHEEL, 'my_pkg-1.0-py2-none-any.whl']],
    ['two sdists', [SDIST, WHEEL, 'my-pkg-1.0.tar.gz']],
    ['another name', [SDIST, 'other-1.0-py3-none-any.whl']],
    ['another version', [SDIST, 'my_pkg-1.1-py3-none-any.whl']],
    ['a file that is neither', [SDIST, WHEEL, 'x.egg']],
  ])('is refused with %s', (_what, names) => {
    expect(() => checkBuiltNames(names)).toThrow(expect.objectContaining({ code: 'packaging.built' }))
  })
})

describe('the environment of a build', () => {
  it('has no secret, but what pip needs to reach its index', () => {
    const env = {
      PATH: '/bin',
      CI_JOB_TOKEN: 's',
      SIGSTORE_ID_TOKEN: 's',
      TWINE_PASSWORD: 's',
      AWS_SECRET_ACCESS_KEY: 's',
      Some_Credentials: 's',
      DEPLOY_PRIVATE_KEY: 's',
      PIP_INDEX_URL: 'https://u:p@index.example/simple',
      https_proxy: 'http://proxy.example',
      SETUPTOOLS_SCM_PRETEND_VERSION: '1.0',
    }
    expect(Object.keys(buildEnvironment(env, 7)).toSorted()).toEqual([
      'GIT_OPTIONAL_LOCKS',
      'PATH',
      'PIP_INDEX_URL',
      'SETUPTOOLS_SCM_PRETEND_VERSION',
      'SOURCE_DATE_EPOCH',
      'https_proxy',
    ])
  })

  it('has the time of the commit, whatever was there', () => {
    expect(buildEnvironment({ SOURCE_DATE_EPOCH: 'x' }, 7)['SOURCE_DATE_EPOCH']).toBe('7')
  })

  it('tells pip of a private authority, unless pip has its own', () => {
    expect(buildEnvironment({ SSL_CERT_FILE: '/ca' }, 7)['PIP_CERT']).toBe('/ca')
    expect(buildEnvironment({ SSL_CERT_FILE: '/ca', PIP_CERT: '/own' }, 7)['PIP_CERT']).toBe('/own')
  })

  it('has nothing that changes which modules are seen or where pip installs', () => {
    const env = { PYTHONPATH: 'x', PYTHONHOME: 'x', PIP_TARGET: 'x', PIP_USER: '1' }
    expect(Object.keys(buildEnvironment(env, 7))).toEqual(['SOURCE_DATE_EPOCH', 'GIT_OPTIONAL_LOCKS'])
  })
})

describe('the last lines of a program', () => {
  it('are those, whole, however they come', () => {
    const told: string[] = []
    const lines = lastLines(2, (line) => told.push(line))
    for (const chunk of ['on', 'e\ntwo\n\nth', 'ree\nfo', 'ur']) lines.add(utf8(chunk))
    expect(lines.lines()).toEqual(['three', 'four'])
    expect(told).toEqual(['one', 'two', 'three'])
  })

  it('are cut where they have no end', () => {
    const lines = lastLines(2)
    for (let at = 0; at < 100; at += 1) lines.add(utf8('x'.repeat(1000)))
    expect(lines.lines()[0]?.length).toBeLessThan(600)
  })
})

describe('two archives', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wheelseal-compare-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Members as Python: `(name, content, mtime, mode)`. */
  const make = (name: string, members: string): string => {
    const path = join(folder, name)
    const code = name.endsWith('.whl')
      ? `import zipfile
with zipfile.ZipFile(path, 'w', compression) as z:
    for name, content, mtime, mode in members:
        i = zipfile.ZipInfo(name, (mtime, 1, 1, 0, 0, 0)); i.external_attr = mode << 16; i.compress_type = compression
        z.writestr(i, content)`
      : `import tarfile, io
with tarfile.open(path, 'w:gz') as t:
    for name, content, mtime, mode in members:
        i = tarfile.TarInfo(name); i.size = len(content); i.mtime = mtime; i.mode = mode
        t.addfile(i, io.BytesIO(content))`
    execFileSync('python3', [
      '-c',
      `path = ${JSON.stringify(path)}\ncompression = 8\nmembers = ${members}\n${code}`,
    ])
    return path
  }
  const compare = async (ending: string, first: string, second: string): Promise<unknown> => {
    const kind = ending === 'whl' ? 'wheel' : 'sdist'
    const argv = compareArgv('python3', {
      kind,
      first: make(`1.${ending}`, first),
      second: make(`2.${ending}`, second),
    })
    const output: string[] = []
    const onOutput = (chunk: Uint8Array): void => void output.push(Buffer.from(chunk).toString())
    await systemSpawn.run({ argv, env: {}, onOutput })
    return readDifference(output.join(''))
  }
  const A = `('a', b'x' * 70000, 2000, 0o644)`
  const B = `('b', b'y', 2000, 0o644)`

  it('are equal', async () => {
    expect(await compare('whl', `[${A}, ${B}]`, `[${A}, ${B}]`)).toBeUndefined()
    expect(await compare('tar.gz', `[${A}, ${B}]`, `[${A}, ${B}]`)).toBeUndefined()
  })

  it.each(['whl', 'tar.gz'])('of the kind %s differ in the first member that differs', async (ending) => {
    expect(await compare(ending, `[${A}, ${B}]`, `[${B}, ${A}]`)).toEqual({
      member: 'a',
      how: 'the order of the members differs',
    })
    expect(await compare(ending, `[${A}, ${B}]`, `[${A}]`)).toEqual({
      member: 'b',
      how: 'it is in one build only',
    })
    expect(await compare(ending, `[${A}]`, `[('a', b'x' * 69999 + b'z', 2000, 0o644)]`)).toEqual({
      member: 'a',
      how: 'the content differs from offset 69999',
    })
    expect(await compare(ending, `[${A}]`, `[('a', b'x' * 69999, 2000, 0o644)]`)).toEqual({
      member: 'a',
      how: 'the content differs from offset 69999',
    })
    expect(await compare(ending, `[${A}]`, `[('a', b'x' * 70000, 2000, 0o755)]`)).toMatchObject({
      member: 'a',
      how: expect.stringMatching(/^the mode differs: 0o\d*644 and 0o\d*755$/),
    })
  })

  it('differ in a time if they are wheels, and do not if they are sdists', async () => {
    const later = `[${A.replace('2000', '2001')}]`
    expect(await compare('whl', `[${A}]`, later)).toEqual({
      member: 'a',
      how: 'the mtime differs: 2000-01-01 00:00:00 and 2001-01-01 00:00:00',
    })
    expect(await compare('tar.gz', `[${A}]`, later)).toBeUndefined()
  })
})
