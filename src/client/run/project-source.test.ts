import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemSpawn } from '../../host/index.ts'
import { readProjectSource, type ProjectSource, type SourceChoice } from './project-source.ts'
import { projectPathOf } from './remote-facts.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-source-'))
})
afterEach(() => rm(root, { recursive: true }))

const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }

function read(folder: string, scratch = 'scratch', choice?: SourceChoice): Promise<ProjectSource> {
  const chosen = choice === undefined ? {} : { choice }
  return readProjectSource(folder, { spawn: systemSpawn, env, scratch: join(root, scratch), ...chosen })
}

/** A repository with a commit on main. */
async function makeRepository(name: string): Promise<string> {
  const path = await makeFolder(name)
  git(path, 'init', '--quiet', '-b', 'main')
  git(path, 'add', '.')
  git(path, 'commit', '--quiet', '-m', 'one')
  return path
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
      defaultBranch: 'release',
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

  it('takes a branch or tag that is not checked out, and leaves the checkout alone', async () => {
    const path = await makeRepository('refs')
    const first = git(path, 'rev-parse', 'HEAD')
    git(path, 'tag', '-a', 'v1', '-m', 'x')
    git(path, 'checkout', '--quiet', '-b', 'other')
    await writeFile(join(path, '.gitlab-ci.yml'), 'test: {script: [true]}\n')
    git(path, 'commit', '--quiet', '--all', '-m', 'two')
    const tagged = await read(path, 'a', { kind: 'ref', name: 'v1' })
    expect(tagged).toMatchObject({ ref: { name: 'v1', type: 'tag' }, sha: first, notice: undefined })
    expect(tagged.config).toContain('build:')
    const main = await read(path, 'b', { kind: 'ref', name: 'refs/heads/main' })
    expect(main).toMatchObject({ ref: { name: 'main', type: 'branch' }, sha: first })
    expect(git(path, 'symbolic-ref', 'HEAD')).toBe('refs/heads/other')
  })

  it('guesses no ref: one that is not there, or is both, is refused', async () => {
    const path = await makeRepository('none')
    git(path, 'branch', 'both')
    git(path, 'tag', 'both')
    const named = (name: string, type?: 'tag') =>
      read(path, 'x', { kind: 'ref', name, ...(type === undefined ? {} : { type }) })
    await expect(named('v9')).rejects.toThrow('no branch or tag v9')
    await expect(named('main', 'tag')).rejects.toThrow('no tag main')
    await expect(named('--all')).rejects.toThrow('no branch or tag --all')
    await expect(named('both')).rejects.toThrow('both is a branch and a tag')
    expect((await named('both', 'tag')).ref.type).toBe('tag')
    await expect(read(await makeFolder('plain'), 'y', { kind: 'ref', name: 'main' })).rejects.toThrow(
      'no ref main',
    )
  })

  it('takes uncommitted changes as a commit that is nowhere in the repository', async () => {
    const path = await makeRepository('changed')
    git(path, 'tag', 'v1')
    await writeFile(join(path, '.git', 'info', 'exclude'), 'secret\n')
    await writeFile(join(path, 'secret'), 'x')
    await writeFile(join(path, 'new'), 'x')
    await rm(join(path, '.gitignore'))
    git(path, 'add', 'new')
    const before = [
      git(path, 'count-objects', '-v'),
      git(path, 'for-each-ref'),
      git(path, 'status', '--porcelain'),
    ]
    const source = await read(path, 'worktree', { kind: 'worktree' })
    expect([
      git(path, 'count-objects', '-v'),
      git(path, 'for-each-ref'),
      git(path, 'status', '--porcelain'),
    ]).toEqual(before)
    expect(source).toMatchObject({ ref: { name: 'main' }, beforeSha: git(path, 'rev-parse', 'HEAD') })
    expect(source.notice).toContain('uncommitted changes of the folder are included')
    const files = git(source.repository, 'ls-tree', '--name-only', source.sha).split('\n')
    expect(files).toEqual(['.gitlab-ci.yml', 'ignored', 'new'])
    expect(git(source.repository, 'rev-parse', 'refs/heads/main')).toBe(source.sha)
    expect(git(source.repository, 'describe', '--tags', source.sha)).toMatch(/^v1-1-g/)
  })

  it('takes the commit itself where nothing is changed', async () => {
    const path = await makeRepository('clean')
    const source = await read(path, 'worktree', { kind: 'worktree' })
    expect(source).toMatchObject({ sha: git(path, 'rev-parse', 'HEAD'), repository: path, notice: undefined })
  })

  it('says which branch is the default one where no remote does', async () => {
    const path = await makeFolder('old')
    git(path, 'init', '--quiet', '-b', 'master')
    git(path, 'add', '.')
    git(path, 'commit', '--quiet', '-m', 'one')
    git(path, 'checkout', '--quiet', '-b', 'feature')
    expect((await read(path)).defaultBranch).toBe('master')
    git(path, 'branch', '--quiet', '-D', 'master')
    expect((await read(path)).defaultBranch).toBe('feature')
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
