import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commit, git, gitOrFail, startGitBench, type GitBench } from '../support/git.ts'

let bench: GitBench
let maintainer: string
beforeAll(async () => {
  bench = await startGitBench()
  await bench.project()
  maintainer = await bench.token('maintainer')
})
afterAll(() => bench.close())

const PIPELINE = 'build:\n  script: echo hello\n'

/** A project with one commit on `main`, and the folder that it was pushed from. */
async function pushed(
  files: Readonly<Record<string, string>> = { 'a.txt': 'one' },
  visibility: 'public' | 'private' = 'private',
) {
  const project = await bench.project(visibility)
  const work = await bench.work()
  const sha = await commit(work, files)
  const url = bench.url(project.path, maintainer)
  await gitOrFail(work, 'remote', 'add', 'origin', url)
  await gitOrFail(work, 'push', '--quiet', 'origin', 'main')
  return { ...project, work, sha, url }
}

describe('the pipelines of a push', () => {
  const push = async (work: string, ...args: readonly string[]) => (await git(work, ['push', ...args])).stderr

  it('are one for each branch and tag, with their addresses on the screen', async () => {
    const { work, path, sha } = await pushed({ '.gitlab-ci.yml': PIPELINE })
    await gitOrFail(work, 'tag', 'v1')
    const said = await push(work, 'origin', 'HEAD:topic', 'v1')
    const [, first = '', second = ''] = /Pipeline (\d+) of topic: [^]*Pipeline (\d+) of v1: /.exec(said) ?? []
    expect(said).toContain(
      `remote: Pipeline ${first} of topic: ${bench.server.url}/${path}/-/pipelines/${first}`,
    )
    const { pipelines } = bench.server.services
    expect(await pipelines.get(Number(first))).toMatchObject({
      ref: 'topic',
      sha,
      source: 'push',
      state: 'pending',
    })
    expect(await pipelines.get(Number(second))).toMatchObject({ ref: 'v1', sha })
    const refs = await gitOrFail(work, 'ls-remote', 'origin', 'refs/pipelines/*')
    expect(refs).toContain(`${sha}\trefs/pipelines/${first}`)
  })

  it('are at most four, and none for what is deleted or has no file', async () => {
    const { work } = await pushed({ '.gitlab-ci.yml': PIPELINE })
    const said = await push(work, 'origin', ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `HEAD:${name}`))
    expect(said.match(/Pipeline \d+ of/g)).toHaveLength(4)
    expect(said).toContain('No pipelines for 2 more refs: a push starts 4.')
    expect(await push(work, 'origin', ':a', ':b')).not.toContain('ipeline')
    const bare = await pushed()
    expect(await push(bare.work, 'origin', 'HEAD:x')).toContain(
      'No pipeline for x: the commit has no .gitlab-ci.yml.',
    )
  })

  it.each([
    ['the push option ci.skip', ['-o', 'ci.skip'], 'a'],
    ['[ci skip] in the message', [], 'a [ci skip]'],
    ['[skip ci] in the message', [], 'a\n\nb [SKIP-CI]'],
  ])('are none for %s', async (_name, options, message) => {
    const { work } = await pushed({ '.gitlab-ci.yml': PIPELINE })
    await commit(work, {}, message)
    expect(await push(work, ...options, 'origin', 'main')).toMatch(/No pipeline for main: .* says/)
  })

  it('have the variables of push options', async () => {
    const rules = 'build:\n  script: echo\n  rules: [{ if: $WANTED == "a=b" }]\n'
    const { work } = await pushed({ '.gitlab-ci.yml': rules })
    expect(await push(work, 'origin', 'HEAD:x')).toContain(
      'No pipeline for x: no job of the pipeline file is for this push.',
    )
    expect(await push(work, '-o', 'ci.variable=WANTED=a=b', 'origin', 'HEAD:y')).toMatch(/Pipeline \d+ of y/)
    expect(await push(work, '-o', 'ci.unheard', 'origin', 'HEAD:z')).toContain(
      'The push option ci.unheard is not known here.',
    )
  })

  it('have failed for an invalid file, and the screen, the API and the page show where it is wrong', async () => {
    const { work, id } = await pushed(undefined, 'public')
    const sha = await commit(work, { '.gitlab-ci.yml': 'build:\n  scrip: [a]\n' })
    const said = await push(work, 'origin', 'main')
    const why = '.gitlab-ci.yml:2:3: job "build": scrip is not a keyword'
    expect(said).toContain('It has failed: the pipeline file is invalid.')
    expect(said).toContain(`remote:   ${why}`)
    expect(await gitOrFail(work, 'ls-remote', 'origin', 'refs/heads/main')).toContain(sha)
    const [, page = '', number] = /Pipeline \d+ of main: (\S+\/(\d+))/.exec(said) ?? []
    const headers = { 'private-token': maintainer }
    const row = await fetch(`${bench.server.url}/api/v4/projects/${id}/pipelines/${number}`, { headers })
    expect(await row.json()).toMatchObject({
      status: 'failed',
      source: 'push',
      sha,
      yaml_errors: expect.stringContaining(why),
    })
    expect(await (await fetch(page)).text()).toContain('The pipeline file is invalid')
  })

  it('read the commit: included files, changes, and what is there', async () => {
    const config = [
      'include: { local: ci/jobs.yml }',
      'changed: { script: echo, rules: [{ changes: [src/**/*] }] }',
      'there: { script: echo, rules: [{ exists: [src/b.txt] }] }',
      'not-there: { script: echo, rules: [{ exists: [src/c.txt] }] }',
    ].join('\n')
    const jobs = 'included:\n  script: echo\n'
    const { work } = await pushed({
      '.gitlab-ci.yml': config,
      'ci/jobs.yml': jobs,
      'src/a.txt': 'a',
      'src/b.txt': 'b',
    })
    const jobsOf = async (said: string) => {
      const id = Number(/Pipeline (\d+) of/.exec(said)?.[1])
      return (await bench.server.services.pipelines.get(id)).jobs.map(({ name }) => name).toSorted()
    }
    await commit(work, { 'src/a.txt': 'aa' })
    expect(await jobsOf(await push(work, 'origin', 'main'))).toEqual(['changed', 'included', 'there'])
    await commit(work, { 'other.txt': 'aa' })
    expect(await jobsOf(await push(work, 'origin', 'main'))).toEqual(['included', 'there'])
  })

  it('include files of a project that who pushes may read, and of no other', async () => {
    const library = await pushed({ 'jobs.yml': 'included:\n  script: echo\n' })
    const config = `include: { project: ${library.path}, file: jobs.yml }\n`
    const { work, path } = await pushed({ '.gitlab-ci.yml': config })
    expect(await push(work, 'origin', 'HEAD:x')).toMatch(/Pipeline \d+ of x/)
    const { access } = bench.server.services
    await access.createUser({ login: `only-${path.slice(5)}` })
    await access.setMember({ path, login: `only-${path.slice(5)}`, role: 'developer' })
    const { token } = await access.createToken({
      login: `only-${path.slice(5)}`,
      scopes: ['write_repository'],
    })
    const said = await push(work, bench.url(path, token.reveal()), 'HEAD:y')
    expect(said).toContain('the project does not exist here, or who starts the pipeline may not read it')
  })
})
