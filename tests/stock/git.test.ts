import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commit, git, gitOrFail, startGitBench, type GitBench } from '../support/git.ts'

let bench: GitBench
let maintainer: string
let developer: string
beforeAll(async () => {
  bench = await startGitBench()
  await bench.project()
  maintainer = await bench.token('maintainer')
  developer = await bench.token('developer')
})
afterAll(() => bench.close())

/** A project with one commit on `main`, and the folder that it was pushed from. */
async function pushed(files: Readonly<Record<string, string>> = { 'a.txt': 'one' }) {
  const project = await bench.project()
  const work = await bench.work()
  const sha = await commit(work, files)
  const url = bench.url(project.path, maintainer)
  await gitOrFail(work, 'remote', 'add', 'origin', url)
  await gitOrFail(work, 'push', '--quiet', 'origin', 'main')
  return { ...project, work, sha, url }
}

describe('stock git', () => {
  it('pushes to an empty project, and clones the same from it', async () => {
    const { sha, url, work } = await pushed()
    const clone = join(work, 'clone')
    await gitOrFail(work, 'clone', '--quiet', url, clone)
    expect(await gitOrFail(clone, 'rev-parse', 'HEAD')).toBe(sha)
    expect(await gitOrFail(clone, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main')
  })

  it('clones an empty project', async () => {
    const { path } = await bench.project()
    const work = await bench.work()
    const cloned = await git(work, ['clone', bench.url(path, maintainer), 'clone'])
    expect(cloned).toMatchObject({ code: 0 })
    expect(cloned.stderr).toContain('appear to have cloned an empty repository')
  })

  it.each(['0', '1', '2'])('clones with version %s of the protocol', async (version) => {
    const { sha, url, work } = await pushed()
    await gitOrFail(work, '-c', `protocol.version=${version}`, 'clone', '--quiet', url, 'clone')
    expect(await gitOrFail(join(work, 'clone'), 'rev-parse', 'HEAD')).toBe(sha)
  })

  it('clones a part: one commit, and no file before it is asked for', async () => {
    const { url, work } = await pushed()
    await commit(work, { 'a.txt': 'two', 'b.txt': 'b' })
    await gitOrFail(work, 'push', '--quiet', 'origin', 'main')
    await gitOrFail(work, 'clone', '--quiet', '--depth', '1', url, 'shallow')
    expect(await gitOrFail(join(work, 'shallow'), 'rev-list', '--count', 'HEAD')).toBe('1')
    await gitOrFail(join(work, 'shallow'), 'fetch', '--quiet', '--unshallow')
    expect(await gitOrFail(join(work, 'shallow'), 'rev-list', '--count', 'HEAD')).toBe('2')
    await gitOrFail(work, 'clone', '--quiet', '--no-checkout', '--filter=blob:none', url, 'partial')
    const partial = join(work, 'partial')
    const missing = await gitOrFail(partial, 'rev-list', '--objects', '--missing=print', 'HEAD')
    expect(missing).toContain('?')
    expect(await gitOrFail(partial, 'show', 'HEAD:b.txt')).toBe('b')
  })

  it('fetches with a request that git compresses, for it has many commits', async () => {
    const { url, work } = await pushed()
    for (let at = 0; at < 60; at += 1)
      await gitOrFail(work, 'commit', '--quiet', '--allow-empty', '-m', `${at}`)
    await gitOrFail(work, 'push', '--quiet', 'origin', 'main')
    const other = await bench.work()
    await commit(other, { 'c.txt': 'c' })
    await gitOrFail(other, 'pull', '--quiet', '--rebase', url, 'main')
    for (let at = 0; at < 60; at += 1)
      await gitOrFail(other, 'commit', '--quiet', '--allow-empty', '-m', `x${at}`)
    await commit(work, { 'd.txt': 'd' })
    await gitOrFail(work, 'push', '--quiet', 'origin', 'main')
    const fetched = await git(other, ['fetch', url, 'main'], { GIT_TRACE_CURL: '1' })
    expect(fetched.stderr).toMatch(/content-encoding: gzip/i)
    expect(fetched.code).toBe(0)
  })

  it('is told what it pushes another format of objects to', async () => {
    const { url, work } = await pushed()
    await gitOrFail(work, 'init', '--quiet', '-b', 'main', '--object-format=sha256', 'new')
    await commit(join(work, 'new'), { a: 'a' })
    const { code, stderr } = await git(join(work, 'new'), ['push', url, 'main'])
    expect(code).not.toBe(0)
    expect(stderr).toContain("the receiving end does not support this repository's hash algorithm")
  })
})

describe('who may', () => {
  const read = (url: string, cwd: string) => git(cwd, ['ls-remote', url])
  const push = (url: string, cwd: string, ref: string) => git(cwd, ['push', url, `HEAD:${ref}`])

  it.each([
    ['a reporter reads and does not push', 'reporter', ['api'], true, false, false],
    ['a developer pushes branches, but for the default one', 'developer', ['api'], true, true, false],
    ['a maintainer pushes to all', 'maintainer', ['api'], true, true, true],
    ['a maintainer with read_repository reads', 'maintainer', ['read_repository'], true, false, false],
    ['a maintainer with write_repository pushes', 'maintainer', ['write_repository'], true, true, true],
    ['a maintainer with read_api has no git', 'maintainer', ['read_api'], false, false, false],
    ['a stranger sees nothing', null, ['api'], false, false, false],
  ] as const)('%s', async (...[, role, scopes, mayRead, mayPush, mayPushMain]) => {
    const { path, work } = await pushed()
    await commit(work, { 'a.txt': 'two' })
    const url = bench.url(path, await bench.token(role, scopes))
    const codes = [
      await read(url, work),
      await push(url, work, 'refs/heads/topic'),
      await push(url, work, 'main'),
    ]
    expect(codes.map(({ code }) => code === 0)).toEqual([mayRead, mayPush, mayPushMain])
  })

  it('without a credential a private project is not told from one that is not there', async () => {
    const { path } = await bench.project()
    const ask = (place: string) => fetch(`${bench.server.url}/${place}/info/refs?service=git-upload-pack`)
    for (const place of [`${path}.git`, path, 'acme/nothing.git']) {
      const answer = await ask(place)
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="GitLab"'])
    }
  })

  it('everybody reads a public project, and nobody pushes to it without a token', async () => {
    const { path } = await bench.project('public')
    const work = await bench.work()
    await commit(work, { a: 'a' })
    await gitOrFail(work, 'push', '--quiet', bench.url(path, maintainer), 'main')
    expect((await read(bench.url(path), work)).stdout).toContain('refs/heads/main')
    expect((await push(bench.url(path), work, 'refs/heads/x')).stderr).toContain('could not read Username')
    const hidden = await bench.project()
    expect((await read(bench.url(hidden.path, 'glpat-wrong'), work)).stderr).toContain(
      'Authentication failed',
    )
  })

  it('a deploy token with read_repository reads its project and pushes nowhere', async () => {
    const { path, work } = await pushed()
    const { access } = bench.server.services
    const made = await access.createToken({
      kind: 'deploy',
      within: path,
      scopes: ['read_repository'],
    })
    const url = new URL(bench.url(path, made.token.reveal()))
    url.username = made.user.login
    expect((await read(url.href, work)).code).toBe(0)
    expect((await push(url.href, work, 'refs/heads/x')).stderr).toContain('403')
  })
})

describe('a push is refused', () => {
  it('to a protected branch, with a sentence on the screen', async () => {
    const { path, work, sha } = await pushed()
    await commit(work, { 'a.txt': 'two' })
    const { code, stderr } = await git(work, ['push', bench.url(path, developer), 'main', 'main:topic'])
    expect(code).toBe(1)
    expect(stderr).toContain('remote: refs/heads/main is protected; pushing to it takes the role Maintainer')
    expect(await gitOrFail(work, 'ls-remote', bench.url(path, developer), 'refs/heads/*')).toBe(
      `${sha}\trefs/heads/main`,
    )
  })

  it('where it would rewrite or delete the default branch, whoever sends it', async () => {
    const { path, work, sha } = await pushed()
    await gitOrFail(work, 'commit', '--quiet', '--amend', '-m', 'another')
    const forced = await git(work, ['push', '--force', 'origin', 'main'])
    expect(forced.stderr).toContain(
      'remote: refs/heads/main is the default branch, which cannot be rewritten',
    )
    expect(forced.stderr).toContain('[remote rejected] main -> main')
    const deleted = await git(work, ['push', 'origin', ':main'])
    expect(deleted.stderr).toContain('remote: refs/heads/main is the default branch, which cannot be deleted')
    expect(await gitOrFail(work, 'ls-remote', bench.url(path, maintainer), 'main')).toContain(sha)
  })

  it('of the default branch alone, where the same push rewrites another one', async () => {
    const { path, work, sha } = await pushed()
    await gitOrFail(work, 'push', '--quiet', 'origin', 'HEAD:topic')
    await gitOrFail(work, 'commit', '--quiet', '--amend', '-m', 'another')
    const other = await gitOrFail(work, 'rev-parse', 'HEAD')
    const next = await gitOrFail(work, 'commit-tree', 'HEAD^{tree}', '-p', sha, '-m', 'next')
    await gitOrFail(work, 'push', '--quiet', 'origin', `${next}:main`, '+HEAD:topic')
    await git(work, ['push', 'origin', '+HEAD:main', `+${sha}:topic`])
    const listed = await gitOrFail(work, 'ls-remote', bench.url(path, maintainer), 'refs/heads/*')
    expect(listed).toBe(`${next}\trefs/heads/main\n${sha}\trefs/heads/topic`)
    expect(other).not.toBe(sha)
  })

  it('not where a developer rewrites and deletes a branch that is not protected', async () => {
    const { path, work } = await pushed()
    const url = bench.url(path, developer)
    await gitOrFail(work, 'push', '--quiet', url, 'HEAD:topic')
    await gitOrFail(work, 'commit', '--quiet', '--amend', '-m', 'another')
    expect((await git(work, ['push', url, 'HEAD:topic'])).code).toBe(1)
    expect((await git(work, ['push', '--force', url, 'HEAD:topic'])).code).toBe(0)
    expect((await git(work, ['push', url, ':topic'])).code).toBe(0)
    expect(await gitOrFail(work, 'ls-remote', url, 'topic')).toBe('')
  })

  it.each([
    'refs/notes/commits',
    'refs/pipelines/7',
    'refs/heads/refs/heads/x',
    `refs/heads/${'a'.repeat(40)}`,
    'refs/heads/HEAD',
    `refs/tags/${'x'.repeat(250)}/${'y'.repeat(9)}`,
  ])('for the name %s', async (ref) => {
    const { work, url } = await pushed()
    const { code, stderr } = await git(work, ['push', url, `HEAD:${ref}`])
    expect(code).toBe(1)
    expect(stderr).toMatch(/remote: refs\/\S+ (?:is not a name|is neither a branch nor a tag)/)
    expect(await gitOrFail(work, 'ls-remote', url)).not.toContain(ref)
  })

  it('for objects that git calls broken', async () => {
    const { work, url } = await pushed()
    const blob = await gitOrFail(work, 'hash-object', '-w', 'a.txt')
    const tree = join(work, '..', `tree-${blob}`)
    await writeFile(tree, Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')]))
    const made = await gitOrFail(work, 'hash-object', '-t', 'tree', '-w', '--literally', tree)
    const bad = await gitOrFail(work, 'commit-tree', '-m', 'bad', made)
    const { code, stderr } = await git(work, ['push', url, `${bad}:refs/heads/bad`])
    expect(code).toBe(1)
    expect(stderr).toMatch(/hasDotgit|hasDotGit/)
    expect(await gitOrFail(work, 'ls-remote', url)).not.toContain('bad')
  })
})
