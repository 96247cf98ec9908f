import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemSpawn } from '../../host/index.ts'
import { projectPathOf, readProjectSource, type ProjectSource } from './project-source.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-source-'))
})
afterEach(() => rm(root, { recursive: true }))

const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }

function read(folder: string, scratch = 'scratch'): Promise<ProjectSource> {
  return readProjectSource(folder, { spawn: systemSpawn, env, scratch: join(root, scratch) })
}

function git(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.com']
  return execFileSync('git', ['-C', folder, ...identity, ...args], { env, encoding: 'utf8' }).trim()
}

async function makeFolder(name: string): Promise<string> {
  const path = join(root, name)
  await mkdir(path)
  await writeFile(join(path, '.gitlab-ci.yml'), 'build: {script: [true]}\n')
  await writeFile(join(path, '.gitignore'), 'ignored\n')
  await writeFile(join(path, 'ignored'), 'x')
  return path
}

describe('readProjectSource', () => {
  it('takes the checked-out branch and the path of origin', async () => {
    const path = await makeFolder('tools')
    git(path, 'init', '--quiet', '-b', 'release')
    git(path, 'add', '.')
    git(path, 'commit', '--quiet', '-m', 'a title')
    git(path, 'remote', 'add', 'origin', 'git@gitlab.example.com:acme/sub/tools.git')
    const source = await read(path)
    const sha = git(path, 'rev-parse', 'HEAD')
    expect(source).toMatchObject({
      path: 'acme/sub/tools',
      ref: { name: 'release', type: 'branch' },
      serverUrl: 'https://gitlab.example.com',
      defaultBranch: 'main',
      beforeSha: undefined,
      title: 'a title',
      sha,
      repository: path,
    })
    expect(source.config).toContain('build:')
    expect(source.notice).toBeUndefined()
    await writeFile(join(path, 'new'), '')
    expect((await read(path)).notice).toContain('uncommitted changes')
  })

  it('makes one commit on main of a folder without a repository, ignored files left out, folder untouched', async () => {
    const path = await makeFolder('my tools')
    const source = await read(path)
    expect(source).toMatchObject({ path: 'local/my-tools', ref: { name: 'main', type: 'branch' } })
    expect(git(source.repository, 'ls-tree', '--name-only', source.sha).split('\n')).toEqual([
      '.gitignore',
      '.gitlab-ci.yml',
    ])
    expect(await readdir(path)).toEqual(['.gitignore', '.gitlab-ci.yml', 'ignored'])
  })

  it('makes the same commit of a folder that nobody has changed, of the time of its newest file', async () => {
    const path = await makeFolder('same')
    await utimes(join(path, '.gitignore'), 0, 1_000_000_000)
    await utimes(join(path, '.gitlab-ci.yml'), 0, 1_000_000_007)
    const source = await read(path, 'first')
    expect(Date.parse(source.timestamp)).toBe(1_000_000_007_000)
    expect((await read(path, 'second')).sha).toBe(source.sha)
    await utimes(join(path, '.gitignore'), 0, 1_000_000_008)
    expect((await read(path, 'third')).sha).not.toBe(source.sha)
  })

  it('treats a folder inside another repository as one without', async () => {
    git(root, 'init', '--quiet')
    const path = await makeFolder('inner')
    expect((await read(path)).path).toBe('local/inner')
  })

  it('refuses a commit that is on no branch', async () => {
    const path = await makeFolder('detached')
    git(path, 'init', '--quiet', '-b', 'main')
    git(path, 'add', '.')
    git(path, 'commit', '--quiet', '-m', 'x')
    git(path, 'checkout', '--quiet', '--detach')
    await expect(read(path)).rejects.toThrow('detached')
  })

  it('takes the tag that was checked out, of several too, and none that nobody has named', async () => {
    const path = await makeFolder('tagged')
    git(path, 'init', '--quiet', '-b', 'main')
    git(path, 'add', '.')
    git(path, 'commit', '--quiet', '-m', 'x')
    git(path, 'tag', 'v1')
    expect((await read(path)).ref).toEqual({ name: 'main', type: 'branch' })
    git(path, 'checkout', '--quiet', 'v1')
    expect((await read(path)).ref).toEqual({ name: 'v1', type: 'tag' })
    git(path, 'tag', 'v2')
    expect((await read(path)).ref).toEqual({ name: 'v1', type: 'tag' })
    git(path, 'checkout', '--quiet', 'main')
    git(path, 'checkout', '--quiet', '--detach')
    await expect(read(path)).rejects.toThrow('several tags name the commit: v1, v2')
  })

  it('knows the commit that was there before: of the upstream, or else the parent', async () => {
    const path = await makeFolder('before')
    git(path, 'init', '--quiet', '-b', 'main')
    git(path, 'add', '.')
    git(path, 'commit', '--quiet', '-m', 'one')
    const first = git(path, 'rev-parse', 'HEAD')
    git(path, 'commit', '--quiet', '--allow-empty', '-m', 'two')
    git(path, 'commit', '--quiet', '--allow-empty', '-m', 'three')
    expect((await read(path)).beforeSha).toBe(git(path, 'rev-parse', 'HEAD^'))
    git(path, 'branch', 'up', first)
    git(path, 'branch', '--set-upstream-to=up', '--quiet')
    expect((await read(path)).beforeSha).toBe(first)
  })

  it('refuses what is no folder, a folder without a project, and a repository without a commit', async () => {
    await expect(read(join(root, 'missing'))).rejects.toMatchObject({ code: 'client.no-project' })
    await mkdir(join(root, 'nothing'))
    await expect(read(join(root, 'nothing'))).rejects.toThrow('pyproject.toml')
    const path = await makeFolder('empty')
    git(path, 'init', '--quiet')
    await expect(read(path)).rejects.toMatchObject({ code: 'client.no-project' })
  })
})

describe('projectPathOf', () => {
  it.each([
    ['https://gitlab.com/group/name.git', 'group/name'],
    ['https://user:secret@host:8443/a/b/c', 'a/b/c'],
    ['ssh://git@host:2222/group/name.git', 'group/name'],
    ['git@host:group/name.git', 'group/name'],
    ['https://host/single.git', undefined],
    ['https://host/../name', undefined],
    ['/srv/git/name.git', undefined],
    ['file:///srv/name.git', undefined],
  ])('%s is %s', (remote, path) => {
    expect(projectPathOf(remote)).toBe(path)
  })
})
