import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../base/index.ts'
import { systemClock, systemEntropy, systemSpawn } from '../../host/index.ts'
import { fetchHttp, startServer, TOKEN, type FakeServer } from '../api/runner-api.contract.ts'
import { jobPayload, step, variable } from '../arrange.contract.ts'
import type { Executor } from '../executor.ts'
import { startGitServer, type GitServer } from '../git-server.contract.ts'
import { createPlainExecutor, createRunner } from '../index.ts'

/** Whole jobs whose sources come from a web server, as from GitLab. */
describe('the sources of a job, over HTTP', () => {
  let top = ''
  let own: GitServer
  let other: GitServer
  let server: FakeServer
  let executor: Executor
  let sha = ''
  let lastJob = 500
  const machine = { spawn: systemSpawn, host: { PATH: process.env['PATH'] } }

  beforeAll(async () => {
    server = await startServer()
    top = mkdtempSync(join(tmpdir(), 'ws-web-'))
    const repositories = join(top, 'repositories')
    mkdirSync(join(repositories, 'group'), { recursive: true })
    executor = createPlainExecutor({ ...machine, work: join(top, 'work') })
    own = await startGitServer(repositories, TOKEN)
    other = await startGitServer(repositories, undefined)
    repository(join(repositories, 'group', 'lib.git'), ['lib.txt'])
    sha = repository(join(repositories, 'group', 'hello.git'), ['hello.txt'])
  })
  afterAll(async () => {
    await Promise.all([server.close(), own.close(), other.close()])
    rmSync(top, { recursive: true, force: true })
  })

  const run = async (script: readonly string[], changes: object = {}) => {
    server.reset()
    const repo_url = `${own.url.replace('://', `://gitlab-ci-token:${TOKEN}@`)}/group/hello.git`
    const refspecs = ['+refs/pipelines/7:refs/pipelines/7', '+refs/heads/main:refs/remotes/origin/main']
    const git_info = { repo_url, sha, ref: 'main', ref_type: 'branch', refspecs, depth: 20 }
    const { variables = [], git_info: git = {}, ...rest } = changes as Record<string, object[]>
    server.jobs.push(
      jobPayload(
        { path: '', sha },
        {
          id: ++lastJob,
          ...rest,
          git_info: { ...git_info, ...git },
          variables: [variable('CI_JOB_TOKEN', TOKEN, { masked: true }), ...variables],
          steps: [step('script', script)],
        },
      ),
    )
    const runner = createRunner({
      ...machine,
      serverUrl: server.url,
      token: new Secret('glrt-runner-token'),
      http: fetchHttp,
      clock: systemClock,
      entropy: systemEntropy,
      executor,
      cacheFolder: join(top, 'cache'),
    })
    return runner.runNext(new AbortController().signal)
  }

  it('are the commit with the tags within its depth and the ref of its pipeline', async () => {
    const outcome = await run([
      'echo "1 $(git describe --tags --match "v2*")"',
      'echo "2 $(git rev-list --count HEAD) $(git tag | tr "\\n" " ")"',
      'echo "3 $(git rev-parse refs/pipelines/7)"',
    ])
    expect(outcome).toMatchObject({ state: 'success' })
    expect(server.log()).toMatch(/\n1 v2\.0\.0-1-g/)
    expect(server.log()).toContain('\n2 20 v2.0.0 \n')
    expect(server.log()).toContain(`\n3 ${sha}\n`)
  })

  it('of a tag have the tag, from which its version is made', async () => {
    const tagged = gitIn(join(top, 'repositories', 'group', 'hello.git'), 'rev-parse', 'v2.0.0^{commit}')
    const git_info = {
      sha: tagged,
      ref: 'v2.0.0',
      ref_type: 'tag',
      refspecs: ['+refs/tags/v2.0.0:refs/tags/v2.0.0'],
    }
    await run(['echo "at $(git describe --tags --exact-match)"'], { git_info })
    expect(server.log()).toContain('\nat v2.0.0\n')
  })

  it('can be fetched by the job too, with a token that stands in no file and no argument', async () => {
    const script = [
      'git fetch --quiet origin "+refs/heads/side:refs/remotes/origin/side" && git log -1 --format="got %s" origin/side',
      'echo "url $(git remote get-url origin)"',
      '! grep -r "$CI_JOB_TOKEN" .git "$HOME"',
    ]
    expect(await run(script)).toMatchObject({ state: 'success' })
    expect(server.log()).toContain('\ngot on the side\n')
    expect(server.log()).toContain(`\nurl ${own.url}/group/hello.git\n`)
  })

  it('have the token in the address where the job asks for it, as on GitLab', async () => {
    const variables = [variable('FF_GIT_URLS_WITHOUT_TOKENS', 'false')]
    await run(['git remote get-url origin | grep -c "$CI_JOB_TOKEN" | sed s/^/found\\ /'], { variables })
    expect(server.log()).toContain('\nfound 1\n')
  })

  it('have submodules beside their own, and those of other servers without the token', async () => {
    const modules = [
      ['near', '../lib.git'],
      ['far', `${other.url}/group/lib.git`],
    ] as const
    const withModules = commitModules(modules)
    other.asked.length = 0
    const variables = [variable('GIT_SUBMODULE_STRATEGY', 'recursive')]
    const script = ['cat near/lib.txt far/lib.txt', 'git -C near fetch --quiet origin && echo fetched again']
    const git_info = { sha: withModules, refspecs: ['+refs/heads/modules:refs/remotes/origin/modules'] }
    expect(await run(script, { variables, git_info })).toMatchObject({ state: 'success' })
    expect(server.log()).toContain('lib.txt\nlib.txt\n')
    expect(server.log()).toContain('fetched again')
    expect(other.asked.length).toBeGreaterThan(0)
    expect(other.asked.filter(({ authorization }) => authorization !== undefined)).toEqual([])
  })

  it.each([
    ['ext::sh -c touch% PWNED'],
    ['file:///REPOSITORIES/group/lib.git'],
    ['/REPOSITORIES/group/lib.git'],
    ['ssh://127.0.0.1:1/lib.git'],
    ['--upload-pack=touch PWNED'],
  ])('have no submodule of the address %s', async (address) => {
    const pwned = join(top, 'pwned')
    const url = address.replace('PWNED', pwned).replace('/REPOSITORIES', join(top, 'repositories'))
    const git_info = {
      sha: commitModules([['evil', url]]),
      refspecs: ['+refs/heads/modules:refs/remotes/origin/modules'],
    }
    const variables = [variable('GIT_SUBMODULE_STRATEGY', 'normal')]
    expect(await run(['true'], { variables, git_info })).toMatchObject({ reason: 'runner_system_failure' })
    expect(existsSync(pwned)).toBe(false)
  })

  it('start no program that a hook of the job has put in their way', async () => {
    const pwned = join(top, 'pwned-by-hook')
    writeFileSync(join(top, 'evil.sh'), `#!/bin/sh\ntouch ${pwned}\n`, { mode: 0o755 })
    const plant = [
      'git init -q . && mkdir -p .git/hooks',
      `for hook in post-checkout reference-transaction; do cp ${top}/evil.sh .git/hooks/$hook; done`,
      `git config core.fsmonitor ${top}/evil.sh; git config core.sshCommand ${top}/evil.sh; touch left`,
    ]
    const hooks = [{ name: 'pre_get_sources_script', script: plant }]
    expect(await run(['cat hello.txt', 'test ! -e left'], { hooks })).toMatchObject({ state: 'success' })
    expect(existsSync(pwned)).toBe(false)
  })

  it.each(['none', '-ffdx -e near'])(
    'start no program of a repository that a hook has put in the place of a submodule, with GIT_CLEAN_FLAGS %s',
    async (flags) => {
      const pwned = join(top, 'pwned-by-submodule')
      writeFileSync(join(top, 'evil-filter.sh'), `#!/bin/sh\ntouch ${pwned}\ncat\n`, { mode: 0o755 })
      const plant = [
        'git init -q near && mkdir -p near/.git/hooks near/.git/info',
        'git -C near -c user.name=T -c user.email=t@example.com commit -q --allow-empty -m bait',
        `for hook in post-checkout reference-transaction; do cp ${top}/evil-filter.sh near/.git/hooks/$hook; done`,
        'git -C near config core.hooksPath "$PWD/near/.git/hooks"',
        `git -C near config core.fsmonitor ${top}/evil-filter.sh`,
        `git -C near config filter.evil.smudge ${top}/evil-filter.sh`,
        'echo "* filter=evil" > near/.git/info/attributes',
      ]
      const hooks = [{ name: 'pre_get_sources_script', script: plant }]
      const variables = [variable('GIT_SUBMODULE_STRATEGY', 'normal'), variable('GIT_CLEAN_FLAGS', flags)]
      const git_info = {
        sha: commitModules([['near', '../lib.git']]),
        refspecs: ['+refs/heads/modules:refs/remotes/origin/modules'],
      }
      const outcome = await run(['cat near/lib.txt'], { hooks, variables, git_info })
      expect([existsSync(pwned), server.log()]).toEqual([false, expect.stringContaining('lib.txt')])
      expect(outcome).toMatchObject({ state: 'success' })
    },
  )

  it('are asked for again, as often as GET_SOURCES_ATTEMPTS says', async () => {
    const variables = [variable('GET_SOURCES_ATTEMPTS', '3')]
    const git_info = { sha: '0'.repeat(40) }
    expect(await run(['true'], { variables, git_info })).toMatchObject({ reason: 'runner_system_failure' })
    expect(server.log().match(/attempt \d of 3 failed/g)).toHaveLength(2)
  })

  /** A commit on the branch `modules` with these submodules. */
  function commitModules(modules: readonly (readonly [string, string])[]): string {
    const bare = join(top, 'repositories', 'group', 'hello.git')
    const work = mkdtempSync(join(top, 'modules-'))
    gitIn(top, 'clone', '-q', bare, work)
    const lib = gitIn(join(top, 'repositories', 'group', 'lib.git'), 'rev-parse', 'main')
    const text = modules.map(([name, url]) => `[submodule "${name}"]\n\tpath = ${name}\n\turl = ${url}\n`)
    writeFileSync(join(work, '.gitmodules'), text.join(''))
    gitIn(work, 'add', '.gitmodules')
    for (const [name] of modules) gitIn(work, 'update-index', '--add', '--cacheinfo', `160000,${lib},${name}`)
    gitIn(work, 'commit', '-q', '-m', 'modules')
    gitIn(work, 'push', '-q', '--force', 'origin', 'HEAD:refs/heads/modules')
    return gitIn(work, 'rev-parse', 'HEAD')
  }
})

/** A bare repository: v1.0.0, 24 commits, v2.0.0, one more; and a branch. Returns the newest commit of main. */
function repository(bare: string, files: readonly string[]): string {
  const work = `${bare}.work`
  mkdirSync(work)
  gitIn(work, 'init', '-q', '-b', 'main')
  for (const file of files) writeFileSync(join(work, file), `${file}\n`)
  gitIn(work, 'add', '.')
  gitIn(work, 'commit', '-q', '-m', 'first')
  gitIn(work, 'tag', 'v1.0.0')
  const commits = Array.from({ length: 24 }, (_, number) => `commit ${number}`)
  for (const title of [...commits, 'on the side']) gitIn(work, 'commit', '-q', '--allow-empty', '-m', title)
  gitIn(work, 'branch', 'side')
  gitIn(work, 'reset', '-q', '--hard', 'HEAD~1')
  gitIn(work, 'tag', '-a', '-m', 'two', 'v2.0.0')
  gitIn(work, 'commit', '-q', '--allow-empty', '-m', 'newest')
  gitIn(work, 'update-ref', 'refs/pipelines/7', 'HEAD')
  gitIn(work, 'clone', '-q', '--mirror', '.', bare)
  return gitIn(bare, 'rev-parse', 'main')
}

function gitIn(folder: string, ...words: string[]): string {
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.com', '-c', 'safe.directory=*']
  return execFileSync('git', ['-C', folder, ...who, ...words], { encoding: 'utf8' }).trim()
}
