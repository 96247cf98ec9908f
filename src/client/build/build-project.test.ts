import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8, type Spawn } from '../../base/index.ts'
import { distributionOf } from '../../formats/python/archive/arrange.ts'
import { SDIST, standIn, WHEEL, writeBoth } from './arrange.ts'
import { buildProject, BuildFailure, type BuildReport } from './index.ts'

let base: string
let folder: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'wheelseal-client-build-'))
  folder = join(base, 'project')
  await mkdir(folder)
  await mkdir(join(base, 'tmp'))
  process.env['TMPDIR'] = join(base, 'tmp')
  await writeFile(join(folder, 'pyproject.toml'), '')
})
afterEach(async () => {
  delete process.env['TMPDIR']
  await rm(base, { recursive: true })
})

const steps: string[] = []

function built(
  spawn: Spawn,
  more: {
    readonly output?: string
    readonly isChecked?: boolean
    readonly tag?: string
    readonly signal?: AbortSignal
  } = {},
  env: Readonly<Record<string, string>> = {},
): Promise<BuildReport> {
  steps.splice(0)
  const options = {
    folder,
    output: undefined,
    isChecked: false,
    tag: undefined,
    signal: new AbortController().signal,
    ...more,
  }
  const path = process.env['PATH'] ?? ''
  return buildProject(
    options,
    { spawn, env: { PATH: path, HOME: base, ...env } },
    {
      onSources: () => undefined,
      onStep: (step) => steps.push(step),
      onLine: () => undefined,
    },
  )
}

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    env: { ...process.env, GIT_COMMITTER_DATE: '1700000000 +0000', GIT_AUTHOR_DATE: '1700000000 +0000' },
    encoding: 'utf8',
  })
const commitAll = (): void => {
  git('init', '-q')
  git('add', '-A')
  git('commit', '-qm', 'x')
}
const left = async (): Promise<readonly string[]> => readdir(join(base, 'tmp'))

describe('buildProject', () => {
  it('puts both files into the output folder, and leaves the project and the temporary folder as they were', async () => {
    const report = await built(standIn({}))
    expect(report).toMatchObject({
      name: 'a',
      version: '1.0',
      folder: join(folder, 'dist'),
      isChecked: false,
    })
    expect((await readdir(join(folder, 'dist'))).toSorted()).toEqual([WHEEL, SDIST])
    expect(await readdir(folder)).toEqual(['dist', 'pyproject.toml'])
    expect(await left()).toEqual([])
  })

  it('builds in a copy, which has all but environments, packages of Node, the output, and what is no file', async () => {
    for (const name of ['src', 'venv', 'node_modules', 'dist', '.tox'])
      await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, 'venv', 'pyvenv.cfg'), '')
    await symlink('src', join(folder, 'link'))
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe')])
    let seen: readonly string[] = []
    const spawn = standIn({
      build: async (output, { cwd = '' }) => {
        seen = await readdir(cwd)
        await writeFile(join(cwd, 'left-by-the-back-end'), '')
        return writeBoth(output)
      },
    })
    await built(spawn)
    expect(seen).toEqual(['link', 'pyproject.toml', 'src'])
    expect(await readdir(folder)).not.toContain('left-by-the-back-end')
  })

  it('takes the time of the commit, and the repository is there in the copy', async () => {
    commitAll()
    let commit = ''
    const spawn = standIn({
      build: async (output, { cwd = '' }) => {
        commit = execFileSync('git', ['-C', cwd, 'rev-parse', '--show-toplevel', 'HEAD'], {
          encoding: 'utf8',
        })
        return writeBoth(output)
      },
    })
    const { sources } = await built(spawn)
    expect(sources).toMatchObject({ sourceDateEpoch: 1_700_000_000, isDirty: false })
    expect(commit).toBe(`${spawn.builds[0]?.cwd}\n${git('rev-parse', 'HEAD')}`)
    expect(spawn.builds[0]?.env['SOURCE_DATE_EPOCH']).toBe('1700000000')
    expect(git('status', '--porcelain', '--ignored')).toBe('?? dist/\n')
  })

  it('refuses a version that is not that of the tag, and leaves nothing', async () => {
    await expect(built(standIn({}), { tag: 'v1.1' })).rejects.toMatchObject({ code: 'packaging.tag-version' })
    expect(await readdir(folder)).toEqual(['pyproject.toml'])
    expect((await built(standIn({}), { tag: 'v1.0' })).version).toBe('1.0')
  })

  it('gives the sdist no time after that of the commit, and no owner, whatever the back end wrote', async () => {
    commitAll()
    const late = `import io, sys, tarfile
with tarfile.open(sys.argv[1]) as old: members = [(m, old.extractfile(m).read() if m.isreg() else None) for m in old]
with tarfile.open(sys.argv[1], 'w:gz') as new:
    for m, content in members:
        m.mtime, m.uid, m.uname = 1800000000.5, 1000, 'ada'
        new.addfile(m, content and io.BytesIO(content))`
    const spawn = standIn({
      build: async (output) => {
        await writeBoth(output)
        execFileSync('python3', ['-c', late, join(output, SDIST)])
        return 0
      },
    })
    const { files } = await built(spawn)
    const read = `import sys, tarfile
print({(m.mtime, m.uid, m.uname) for m in tarfile.open(sys.argv[1])})`
    const seen = execFileSync('python3', ['-c', read, join(folder, 'dist', SDIST)], { encoding: 'utf8' })
    expect(seen.trim()).toBe("{(1700000000, 0, '')}")
    await rm(join(folder, 'dist'), { recursive: true })
    expect((await built(spawn)).files).toMatchObject(files.map(({ sha256 }) => ({ sha256 })))
  })

  it('says that the commit is not all of it', async () => {
    commitAll()
    await writeFile(join(folder, 'new'), '')
    expect((await built(standIn({}))).sources.isDirty).toBe(true)
  })

  it('copies the repository around the project, and not one that does not have it', async () => {
    execFileSync('git', ['init', '-q', base])
    expect((await built(standIn({}))).sources).toMatchObject({ root: folder, commit: undefined })
    execFileSync('git', ['-C', base, 'add', 'project/pyproject.toml'])
    await writeFile(join(base, 'README'), '')
    let above: readonly string[] = []
    const spawn = standIn({
      build: async (output, { cwd = '' }) => {
        above = await readdir(join(cwd, '..'))
        return writeBoth(output)
      },
    })
    process.env['TMPDIR'] = '/tmp'
    await built(spawn)
    expect(above).toContain('README')
  })

  it('takes the time that the user sets, and outside of a repository one that is always the same', async () => {
    const epoch = async (env: Record<string, string>) =>
      (await built(standIn({}), {}, env)).sources.sourceDateEpoch
    expect(await epoch({ SOURCE_DATE_EPOCH: '1234567890' })).toBe(1_234_567_890)
    expect(await epoch({})).toBe(315_619_200)
    expect(await epoch({ SOURCE_DATE_EPOCH: '-1' })).toBe(315_619_200)
  })

  it('refuses a folder that is no Python project before anything starts', async () => {
    await rm(join(folder, 'pyproject.toml'))
    const spawn = standIn({})
    await expect(built(spawn)).rejects.toMatchObject({ code: 'packaging.no-project' })
    expect(steps).toEqual([])
  })

  it('hands on the last lines of pip and of the back end', async () => {
    const noPip = await built(standIn({ pipExit: 1 })).catch((error: unknown) => error)
    expect(noPip).toBeInstanceOf(BuildFailure)
    expect((noPip as BuildFailure).cause).toMatchObject({ code: 'packaging.front-end' })
    expect((noPip as BuildFailure).tail).toEqual(['no such package\u001b[2J'])
    const spawn = standIn({
      build: async (_output, { onOutput }) => {
        onOutput?.(utf8('SyntaxError\n'), 'stderr')
        return 1
      },
    })
    await expect(built(spawn)).rejects.toMatchObject({
      tail: ['SyntaxError'],
      cause: { code: 'packaging.back-end' },
    })
    expect(await left()).toEqual([])
  })

  it('checks both files as the registry will, and keeps none where one is refused', async () => {
    const spawn = standIn({
      build: async (output) => {
        await writeBoth(output)
        await writeFile(join(output, SDIST), distributionOf('other-1.0.tar.gz'))
        return 0
      },
    })
    await expect(built(spawn)).rejects.toMatchObject({
      code: 'packaging.built',
      message: expect.stringMatching(new RegExp(`^${SDIST}: .*\\[distribution\\.`)),
    })
    expect(await readdir(folder)).toEqual(['pyproject.toml'])
  })

  it.each([
    ['while the back end runs', 0],
    ['and the back end fails of it', 1],
  ])('leaves nothing when it is stopped %s', async (_when, exitCode) => {
    const abort = new AbortController()
    const spawn = standIn({
      build: async (output) => {
        abort.abort(new Error('stopped'))
        await writeBoth(output)
        return exitCode
      },
    })
    await expect(built(spawn, { signal: abort.signal })).rejects.toThrow('stopped')
    expect(await readdir(folder)).toEqual(['pyproject.toml'])
    expect(await left()).toEqual([])
  })

  it('leaves nothing when it is stopped after the build', async () => {
    const abort = new AbortController()
    const spawn = standIn({
      build: async (output) => {
        await writeBoth(output)
        setImmediate(() => abort.abort(new Error('stopped')))
        return 0
      },
    })
    await expect(built(spawn, { signal: abort.signal })).rejects.toThrow('stopped')
    expect(await readdir(folder)).toEqual(['pyproject.toml'])
  })
})

describe('a checked build', () => {
  it('is built twice, at two places', async () => {
    const spawn = standIn({})
    expect((await built(spawn, { isChecked: true })).isChecked).toBe(true)
    const [first, second] = spawn.builds
    expect(spawn.builds).toHaveLength(2)
    expect(first?.cwd).not.toBe(second?.cwd)
  })

  it('puts nothing into the output folder when the builds differ', async () => {
    const zip = (content: string): string =>
      `import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], 'w'); z.writestr(zipfile.ZipInfo('a/x.py'), ${content}); z.close()`
    const spawn = standIn({
      build: async (output, _command, nth) => {
        execFileSync('python3', ['-c', zip(`'time ${nth}'`), join(output, WHEEL)])
        await writeFile(join(output, SDIST), '')
        return 0
      },
    })
    await expect(built(spawn, { isChecked: true })).rejects.toMatchObject({
      code: 'packaging.not-reproducible',
      message: `${WHEEL}, in a/x.py: the content differs from offset 5`,
    })
    expect(await readdir(folder)).toEqual(['pyproject.toml'])
  })

  it('names the two versions when these differ', async () => {
    const spawn = standIn({
      build: async (output, _command, nth) => {
        await writeFile(join(output, `a-1.${nth}-py3-none-any.whl`), '')
        await writeFile(join(output, `a-1.${nth}.tar.gz`), '')
        return 0
      },
    })
    await expect(built(spawn, { isChecked: true })).rejects.toThrow('the builds made a-1.1-')
  })
})
