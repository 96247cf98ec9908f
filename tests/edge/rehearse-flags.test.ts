import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram, root, type Outcome } from '../support/program.ts'
import { gitlabProject, rehearse } from '../support/rehearsal.ts'
import { temporaryFolder } from '../support/server.ts'

/** What a job knows of how it was asked for. */
const PIPELINE = `
stages: [tell, later]
tell:
  stage: tell
  script:
    - echo "ref=$CI_COMMIT_REF_NAME tag=$CI_COMMIT_TAG protected=$CI_COMMIT_REF_PROTECTED"
    - echo "greeting=$GREETING secret=$SECRET_WORD"
    - cat pyproject.toml
    - exit 3
wheels:
  stage: tell
  script:
    - echo "links=$PIP_FIND_LINKS"; ls $PIP_FIND_LINKS
    - python3 -m venv v && v/bin/pip install --quiet small && v/bin/pip show small
    - '! v/bin/pip install --retries 0 --quiet wheel'
    - exit 3
never: { stage: tell, script: [exit 4] }
later: { stage: later, needs: [], script: [echo later] }
`

/** Whole programs with a server each, on a machine that does other things. */
const TIMEOUT_MS = 300_000

let folder: { path: string; remove: () => Promise<void> }
let project: string
let temporary: string

beforeAll(async () => {
  folder = await temporaryFolder()
  temporary = join(folder.path, 'tmp')
  await mkdir(temporary)
  project = await gitlabProject(join(folder.path, 'tool'), PIPELINE)
  const git = ['git', '-C', project, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  await runProgram([...git, 'tag', 'v1.0'])
  await runProgram([...git, 'branch', 'other'])
  await appendFile(join(project, 'pyproject.toml'), '# not committed\n')
  await mkdir(join(folder.path, 'wheels'))
  const wheel = ['python3', join(root, 'tests', 'support', 'small-wheel.py')]
  await runProgram([...wheel, join(folder.path, 'wheels'), 'small', '1.0'])
})
afterAll(() => folder.remove())

function told(...more: readonly string[]): Promise<Outcome> {
  return rehearse({ project, temporary, more })
}

describe('rehearse, asked as run is', { timeout: TIMEOUT_MS }, () => {
  it('rehearses a tag, and only the named job', async () => {
    const { code, stderr } = await told('--tag', 'v1.0', 'tell')
    expect(stderr).toMatch(/\| ref=v1\.0 tag=v1\.0 protected=true/)
    expect(stderr).toMatch(/stage tell failed \(exit 3\)/)
    expect(stderr).not.toMatch(/never|later/)
    expect(stderr).not.toContain('not committed')
    expect(code).toBe(1)
  })

  it('rehearses a branch that is not checked out, with variables of which one is masked', async () => {
    const variables = ['--variable', 'GREETING=hello', '--variable', 'SECRET_WORD']
    const as = ['env', 'SECRET_WORD=hidden-word-of-a-user']
    const more = ['--ref', 'other', ...variables, 'tell']
    const { stderr } = await rehearse({ project, temporary, more, as })
    expect(stderr).toMatch(/\| ref=other tag= protected=false/)
    expect(stderr).toMatch(/\| greeting=hello secret=\[MASKED\]/)
    expect(stderr).not.toContain('hidden-word')
  })

  it('takes changes that are in no commit, and says what happens as values', async () => {
    const { stdout, stderr } = await told('--worktree', '--json', 'tell')
    expect(stderr).toContain('# not committed')
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    expect(events.map(({ event }) => event).filter((name) => name !== 'note')).toEqual([
      'pipeline',
      'job-started',
      'job-ended',
      'result',
    ])
    expect(events.at(-1)).toMatchObject({
      project: 'acme/tool',
      identity: 'https://gitlab.com/acme/tool//.gitlab-ci.yml@refs/heads/main',
      pipeline: { state: 'failed' },
      thenExitCode: null,
    })
  })

  it('gives jobs a wheelhouse in the place of the index, also in the script of --then', async () => {
    const wheels = ['--wheelhouse', join(folder.path, 'wheels')]
    const { stderr } = await told(...wheels, 'wheels')
    expect(stderr).toContain('PIP_FIND_LINKS, PIP_INDEX_URL')
    expect(stderr).toMatch(/\| links=\/wheelhouse/)
    expect(stderr).toMatch(/stage tell failed \(exit 3\)/)
    const then = join(folder.path, 'then.sh')
    await writeFile(then, 'echo "here: $PIP_FIND_LINKS $(ls $PIP_FIND_LINKS)"; exit 5\n')
    const ended = await told(...wheels, '--then', then, 'later')
    expect(ended.stderr).toMatch(/\| here: \/wheelhouse small-/)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('--then failed (exit 5)') })
  })

  it('refuses flags that contradict each other, and a job that is not there', async () => {
    for (const flags of [
      ['--tag', 'v1.0', '--worktree'],
      ['--ref', 'main', '--tag', 'v1.0'],
      ['--jobs', '0'],
      ['--executor', 'auto'],
      ['--variable', 'NOT_SET_ANYWHERE'],
    ])
      expect(await told(...flags)).toMatchObject({ code: 2 })
    for (const flags of [['nothing'], ['--ref', 'gone']])
      expect(await told(...flags)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/nothing|gone/),
      })
    expect(await readdir(temporary)).toEqual([])
  })
})

describe('a machine without user namespaces', { timeout: TIMEOUT_MS }, () => {
  it('rehearses nothing, and says which step fails and what else there is', async () => {
    const as = ['python3', join(root, 'tests', 'support', 'without-namespaces.py')]
    const { code, stderr } = await rehearse({ project, temporary, as })
    expect(code).toBe(1)
    expect(stderr).toContain('jobs cannot be isolated on this machine: user namespace: ')
    expect(stderr).toContain('--executor plain runs jobs as your user, without isolation')
    expect(stderr).not.toMatch(/pipeline 1|started|answered by/)
    expect(await readdir(temporary)).toEqual([])
  })

  it('rehearses where --executor plain is given', async () => {
    const as = ['python3', join(root, 'tests', 'support', 'without-namespaces.py')]
    const more = ['--executor', 'plain', 'later']
    const { code, stderr } = await rehearse({ project, temporary, as, more })
    expect(stderr).toMatch(/later +passed/)
    expect(code).toBe(0)
  })
})
