import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Command, Spawn } from '../../base/index.ts'
import { systemSpawn } from '../../host/index.ts'
import { hostFolders, makeFolders } from '../job/folders.ts'
import { parseJob } from '../job/job.ts'
import { readSettings } from '../job/settings.ts'
import type { JobLog } from '../log/job-log.ts'
import { getSources } from './sources.ts'

let folder = ''
let repository = ''
let sha = ''
let lastJob = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws-sources-'))
  repository = join(folder, 'repository')
  mkdirSync(repository)
  const git = gitIn(repository)
  git('init', '-q', '-b', 'main')
  const commit = (title: string) => git('commit', '-q', '--allow-empty', '-m', title)
  commit('first')
  git('tag', 'v1.0.0')
  git('branch', 'side')
  for (let count = 0; count < 30; count++) commit(`commit ${count}`)
  git('tag', '-a', '-m', 'the fourth', 'v1.4.0')
  commit('after the tag')
  sha = git('rev-parse', 'HEAD')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the checkout of a job', () => {
  it('has the tags within its depth, from which versions are made', async () => {
    const { git } = await checkOut({ depth: 20 })
    expect(git('describe', '--tags')).toMatch(/^v1\.4\.0-1-g/)
    expect(git('tag')).toBe('v1.4.0')
    expect(git('rev-list', '--count', 'HEAD')).toBe('20')
  })

  it('of a tag is the commit of the tag, under its name', async () => {
    const { git } = await checkOut({ depth: 0 })
    const tag = git('rev-parse', 'v1.4.0^{commit}')
    const at = await checkOut({ depth: 20, ref: 'v1.4.0', ref_type: 'tag', sha: tag })
    expect([at.git('rev-parse', 'HEAD'), at.git('describe', '--tags', '--exact-match')]).toEqual([
      tag,
      'v1.4.0',
    ])
  })

  it('has no tag that lies deeper', async () => {
    const { git } = await checkOut({ depth: 1 })
    expect(git('tag')).toBe('')
  })

  it('has all commits, branches and tags where the depth is 0', async () => {
    const { git } = await checkOut({ depth: 0 })
    expect(git('rev-list', '--count', 'HEAD')).toBe('32')
    expect(git('tag').split('\n')).toEqual(['v1.0.0', 'v1.4.0'])
    expect(git('branch', '-r', '--format=%(refname)').split('\n')).toEqual([
      'refs/remotes/origin/main',
      'refs/remotes/origin/side',
    ])
    expect(git('rev-parse', 'HEAD')).toBe(sha)
  })

  it('follows GIT_FETCH_EXTRA_FLAGS where they choose refs, and says which it does not', async () => {
    const flags = '--no-tags --upload-pack=/nowhere/program'
    const { git, said } = await checkOut({ depth: 20 }, { GIT_FETCH_EXTRA_FLAGS: flags })
    expect(git('tag')).toBe('')
    expect(said.join('\n')).toContain('GIT_FETCH_EXTRA_FLAGS: 1 flags are not supported')
  })

  it.each(['none', 'empty'])('is left out by GIT_STRATEGY %s', async (strategy) => {
    const { commands } = await checkOut({}, { GIT_STRATEGY: strategy })
    expect(commands).toEqual([])
  })
})

describe('what a server may have git do', () => {
  it.each([
    '--upload-pack=/nowhere/program',
    '-o',
    'refs/heads/main',
    '+refs/heads/main:../../config',
    'refs/heads/a b:refs/heads/c',
  ])('is not %j in place of a refspec', async (refspec) => {
    const asked = checkOut({ repo_url: 'http://127.0.0.1:1/a.git', refspecs: [refspec] })
    await expect(asked).rejects.toMatchObject({
      code: 'runner.sources',
      message: expect.stringMatching('refspec'),
    })
  })

  it.each([
    ['a web address', 'http://127.0.0.1:1/a.git', ['ssh://127.0.0.1:1/a', 'git://127.0.0.1:1/a', 'file:///']],
    ['a path', () => repository, ['ssh://127.0.0.1:1/a', 'git://127.0.0.1:1/a', 'http://127.0.0.1:1/a']],
  ])('is no other protocol than that of %s', async (_, url, others) => {
    const { commands } = await checkOut({ repo_url: typeof url === 'string' ? url : url() }, {}, doNothing)
    for (const other of others) {
      const argv = ['git', 'ls-remote', other] as const
      const said: string[] = []
      const env = { ...commands.at(-1)?.env }
      await systemSpawn.run({ argv, env, onOutput: (chunk) => said.push(Buffer.from(chunk).toString()) })
      expect(said.join('')).toMatch(/transport '\w+' not allowed/)
    }
  })
})

describe('a submodule beside a repository of this machine', () => {
  it.each(['file://', ''])('is not fetched from a folder (%j)', async (scheme) => {
    const work = mkdtempSync(join(folder, 'outer-'))
    const git = gitIn(work)
    const text = `[submodule "inner"]\n\tpath = inner\n\turl = ${scheme}${repository}\n`
    git('clone', '-q', repository, '.')
    writeFileSync(join(work, '.gitmodules'), text)
    git('add', '.gitmodules')
    git('update-index', '--add', '--cacheinfo', `160000,${sha},inner`)
    git('commit', '-q', '-m', 'a submodule')
    const gitInfo = { repo_url: work, sha: git('rev-parse', 'HEAD') }
    const variables = { GIT_SUBMODULE_STRATEGY: 'normal' }
    await expect(checkOut(gitInfo, variables)).rejects.toMatchObject({
      code: 'runner.sources',
      message: expect.stringMatching('git submodule failed'),
    })
    // The commit itself can be fetched: what is refused is the submodule.
    expect((await checkOut(gitInfo)).git('ls-files', 'inner')).toBe('inner')
  })
})

const doNothing: Spawn = { run: () => Promise.resolve({ exitCode: 0, signal: null }) }

/** Gets the sources of a job with a folder of its own; `git` then asks that folder. */
async function checkOut(
  gitInfo: object,
  variables: Readonly<Record<string, string>> = {},
  spawn = systemSpawn,
) {
  const job = parseJob(
    JSON.stringify({
      id: ++lastJob,
      token: 't',
      job_info: { name: 'n', stage: 's', project_full_path: 'a/b' },
      git_info: { repo_url: repository, ref: 'main', sha, depth: 20, ...gitInfo },
      runner_info: { timeout: 60 },
    }),
  )
  const host = hostFolders(join(folder, 'work'), job)
  await makeFolders(host)
  const commands: Command[] = []
  const recording: Spawn = {
    run: (command) => {
      commands.push(command)
      return spawn.run(command)
    },
  }
  const said: string[] = []
  const signal = new AbortController().signal
  const log = logInto(said)
  await getSources({
    job,
    folders: { host, job: host },
    settings: readSettings(new Map(Object.entries(variables))).git,
    spawn: recording,
    host: { PATH: process.env['PATH'] },
    log,
    signal,
  })
  return { git: gitIn(host.project), commands, said }
}

function logInto(said: string[]): JobLog {
  const line = (text: string): void => void said.push(text)
  return {
    output: () => undefined,
    line,
    notice: line,
    warning: line,
    error: line,
    success: line,
    section: (_name, _title, work) => work(),
    end: () => undefined,
  }
}

function gitIn(path: string): (...words: string[]) => string {
  const who = ['-c', 'user.name=T', '-c', 'user.email=t@example.com']
  return (...words) => execFileSync('git', ['-C', path, ...who, ...words], { encoding: 'utf8' }).trim()
}
