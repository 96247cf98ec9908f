import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { packZip } from './pack.ts'
import { insideProject, selectFiles } from './select-files.ts'
import { unpackZip } from './unpack.ts'

let folder = ''
let project = ''
let target = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws-archive-'))
  project = join(folder, 'project')
  target = join(folder, 'target')
  mkdirSync(project)
  mkdirSync(target)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(path: string, text = path, mode = 0o644): void {
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), text)
  chmodSync(join(project, path), mode)
}

describe('selecting files', () => {
  const select = async (...patterns: string[]): Promise<string[]> =>
    (await selectFiles({ root: project, seenAs: project, patterns })).entries.map(({ path }) => path)

  it('takes folders whole, globs, hidden files, and absolute paths inside of the project', async () => {
    for (const path of ['dist/a.whl', 'dist/sub/.hidden', 'src/x.py', 'src/deep/y.py', 'top.txt']) put(path)
    expect(await select('dist/')).toEqual(['dist', 'dist/a.whl', 'dist/sub', 'dist/sub/.hidden'])
    expect(await select('./dist')).toEqual(['dist', 'dist/a.whl', 'dist/sub', 'dist/sub/.hidden'])
    expect(await select('src/**/*.py')).toEqual(['src/deep/y.py', 'src/x.py'])
    expect(await select('*.txt')).toEqual(['top.txt'])
    expect(await select(`${project}/src/x.py`)).toEqual(['src/x.py'])
    expect(await select('missing', 'top.txt')).toEqual(['top.txt'])
  })

  it('leaves out what is excluded, and .git always', async () => {
    for (const path of ['dist/a.whl', 'dist/a.tmp', '.git/config']) put(path)
    const { entries } = await selectFiles({
      root: project,
      seenAs: project,
      patterns: ['**', '.git/'],
      exclude: ['dist/*.tmp'],
    })
    expect(entries.map(({ path }) => path)).toEqual(['dist', 'dist/a.whl'])
  })

  it.each(['../x', 'a/../../x', '/etc/passwd', '..'])('refuses %s with a warning', async (pattern) => {
    const { entries, warnings } = await selectFiles({ root: project, seenAs: project, patterns: [pattern] })
    expect([entries.length, warnings.length]).toEqual([0, 1])
  })

  it('does not take a sibling whose name begins like the project for a part of it', () => {
    expect(insideProject('/w/project-evil/x', ['/w/project'])).toBeUndefined()
  })

  it('refuses links out of the project, and does not pass through them', async () => {
    put('dist/inside.txt')
    symlinkSync('inside.txt', join(project, 'dist/good'))
    symlinkSync('/etc/passwd', join(project, 'dist/absolute'))
    symlinkSync('../../outside', join(project, 'dist/up'))
    symlinkSync('/etc', join(project, 'etc'))
    const { entries, warnings } = await selectFiles({
      root: project,
      seenAs: project,
      patterns: ['dist', 'etc/passwd', 'etc/**'],
    })
    expect(entries.map(({ path }) => path)).toEqual(['dist', 'dist/good', 'dist/inside.txt'])
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual(['dist/absolute', 'dist/up', 'etc'])
  })
})

describe('packing and unpacking', () => {
  const roundTrip = async (...patterns: string[]): Promise<number> => {
    const { entries } = await selectFiles({ root: project, seenAs: project, patterns })
    const zip = join(folder, 'a.zip')
    expect(await packZip(project, entries, { file: zip })).toBe(statSync(zip).size)
    return unpackZip(zip, target)
  }

  it('keeps bytes, modes and links', async () => {
    put('dist/run', 'x'.repeat(100_000), 0o755)
    put('dist/key', 'k', 0o600)
    symlinkSync('run', join(project, 'dist/link'))
    expect(await roundTrip('dist')).toBe(3)
    expect(readFileSync(join(target, 'dist/run'), 'utf8')).toBe('x'.repeat(100_000))
    expect(statSync(join(target, 'dist/run')).mode & 0o777).toBe(0o755)
    expect(statSync(join(target, 'dist/key')).mode & 0o777).toBe(0o600)
    expect(readlinkSync(join(target, 'dist/link'))).toBe('run')
  })

  it('replaces what stands in the project, a link itself and not its target', async () => {
    put('a.txt', 'new')
    writeFileSync(join(folder, 'outside'), 'untouched')
    symlinkSync(join(folder, 'outside'), join(target, 'a.txt'))
    await roundTrip('a.txt')
    expect(readFileSync(join(target, 'a.txt'), 'utf8')).toBe('new')
    expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('untouched')
  })

  it('does not write through a link of the checkout that leads elsewhere', async () => {
    put('dist/a.txt')
    symlinkSync(folder, join(target, 'dist'))
    await expect(roundTrip('dist/a.txt')).rejects.toMatchObject({ code: 'runner.archive' })
    expect(existsSync(join(folder, 'a.txt'))).toBe(false)
  })
})

describe('a hostile archive', () => {
  const refused = async (zip: ZipFile, change: (bytes: Buffer) => Buffer = (bytes) => bytes, limits = {}) => {
    zip.end()
    const parts: Buffer[] = []
    for await (const part of zip.outputStream) parts.push(part as Buffer)
    writeFileSync(join(folder, 'evil.zip'), change(Buffer.concat(parts)))
    await expect(unpackZip(join(folder, 'evil.zip'), target, limits)).rejects.toMatchObject({
      code: 'runner.archive',
    })
  }
  const withFile = (name: string, mode = 0o100644, content = 'x'): ZipFile => {
    const zip = new ZipFile()
    zip.addBuffer(Buffer.from(content), name, { mode })
    return zip
  }
  const renamed = (from: string, to: string) => (bytes: Buffer) =>
    Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')

  it.each([
    ['xx/evil.txt', '../evil.txt'],
    ['xx/yy/evil.txt', 'x/../../ev.txt'],
    ['xevil.txt', '/evil.txt'],
    ['xx.evil.txt', '..\\evil.txt'],
    ['x/x/evil.txt', 'x/./evil.txt'],
    ['x/xevil.txt', 'x//evil.txt'],
    ['xgit/config', '.git/config'],
  ])('is refused when it names %s as %s', async (from, to) => {
    await refused(withFile(from), renamed(from, to))
    expect(existsSync(join(folder, 'evil.txt'))).toBe(false)
  })

  it.each(['/etc/passwd', '../../outside', '..'])('is refused when it links to %s', async (link) => {
    await refused(withFile('link', 0o120777, link))
    expect(() => lstatSync(join(target, 'link'))).toThrow('ENOENT')
  })

  it('is refused when it holds a device', () => refused(withFile('dev', 0o020644)))

  it('is refused when it holds a name twice', async () => {
    const zip = withFile('aaaa')
    zip.addBuffer(Buffer.from('y'), 'bbbb')
    await refused(zip, renamed('bbbb', 'aaaa'))
  })

  it('is refused when it unpacks to too much, before a byte is written', async () => {
    await refused(withFile('big', 0o100644, 'x'.repeat(50_000)), undefined, {
      maxRatio: 10,
      ratioFromBytes: 1_000,
    })
    await refused(withFile('big', 0o100644, 'x'.repeat(50_000)), undefined, { maxBytes: 49_999 })
    const many = withFile('a')
    many.addBuffer(Buffer.from('b'), 'b')
    await refused(many, undefined, { maxEntries: 1 })
    expect(existsSync(join(target, 'big'))).toBe(false)
  })

  it('is refused when it is no archive', async () => {
    writeFileSync(join(folder, 'evil.zip'), 'not a zip')
    await expect(unpackZip(join(folder, 'evil.zip'), target)).rejects.toMatchObject({
      code: 'runner.archive',
    })
  })
})
