import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8, type Http } from '../../base/index.ts'
import { systemClock, systemFiles, systemSpawn } from '../../host/index.ts'
import { planHere, type PlanOptions } from './plan-here.ts'

let root: string
let project: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wheelseal-plan-'))
  project = join(root, 'project')
  await mkdir(project)
  git(project, 'init', '--quiet', '-b', 'main')
})
afterEach(() => rm(root, { recursive: true }))

const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', USER: 'ada' }

function git(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.com']
  return execFileSync('git', ['-C', folder, ...identity, ...args], { env, encoding: 'utf8' }).trim()
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

async function commit(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await write(folder, files)
  git(folder, 'add', '.')
  git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'a title')
}

const web = new Map<string, string>()
const http: Http = {
  request: async ({ url }) => {
    const text = web.get(url)
    const bytes = utf8(text ?? '')
    return {
      status: text === undefined ? 404 : 200,
      headers: {},
      body: (async function* () {})(),
      bytes: async () => bytes,
      text: async () => text ?? '',
    }
  },
}

const SHIPPED = {
  project: 'tools/components',
  name: 'package',
  version: '1.2.3',
  text: 'shipped: { script: e }\n',
}
const said: string[] = []

function plan(options: Partial<PlanOptions> = {}) {
  const all = {
    ref: undefined,
    tag: undefined,
    source: 'push',
    variables: [],
    mirror: undefined,
    settings: undefined,
  }
  const machine = { spawn: systemSpawn, files: systemFiles, http, clock: systemClock, env }
  const ports = { ...machine, shipped: () => SHIPPED, say: (text: string) => said.push(text) }
  return planHere({ folder: project, ...all, ...options }, ports)
}

async function names(options: Partial<PlanOptions> = {}): Promise<readonly string[]> {
  return (await plan(options)).plan.jobs.map(({ name }) => name)
}

const job = (rules: string): string => `always: { script: e }\njob: { script: e, rules: [${rules}] }\n`

describe('the plan of a folder', () => {
  it('is of the branch that is checked out, and simulates others', async () => {
    const tag = '{ if: $CI_COMMIT_TAG }'
    await commit(project, { '.gitlab-ci.yml': job(tag) })
    expect(await names()).toEqual(['always'])
    expect(await names({ tag: 'v1' })).toEqual(['always', 'job'])
    await write(project, { '.gitlab-ci.yml': job('{ if: \'$CI_COMMIT_BRANCH == "dev"\' }') })
    expect(await names()).toEqual(['always'])
    expect(await names({ ref: 'dev' })).toEqual(['always', 'job'])
  })

  it('knows protected, merge request and scheduled pipelines', async () => {
    const text = `show:
  script: e
  only: [branches, tags, merge_requests, schedules]
  variables:
    SEEN: "$CI_PIPELINE_SOURCE $CI_COMMIT_REF_PROTECTED [$CI_MERGE_REQUEST_TARGET_BRANCH_NAME]"
`
    await commit(project, { '.gitlab-ci.yml': text })
    const seen = async (options: Partial<PlanOptions>) =>
      (await plan(options)).plan.jobs[0]?.variables['SEEN']
    expect(await seen({})).toBe('push true [$CI_MERGE_REQUEST_TARGET_BRANCH_NAME]')
    expect(await seen({ tag: 'v1' })).toBe('push true [$CI_MERGE_REQUEST_TARGET_BRANCH_NAME]')
    expect(await seen({ ref: 'dev' })).toBe('push false [$CI_MERGE_REQUEST_TARGET_BRANCH_NAME]')
    expect(await seen({ source: 'schedule' })).toBe('schedule true [$CI_MERGE_REQUEST_TARGET_BRANCH_NAME]')
    expect(await seen({ source: 'merge_request_event', ref: 'dev' })).toBe('merge_request_event false [main]')
  })

  it('asks git what has changed: everything in the first commit, then what the last one did', async () => {
    await commit(project, { '.gitlab-ci.yml': job('{ changes: [src/*] }'), 'src/a': '1', 'docs/a': '1' })
    expect(await names()).toEqual(['always', 'job'])
    await commit(project, { 'docs/a': '2' })
    expect(await names()).toEqual(['always'])
    await commit(project, { 'src/a': '2' })
    expect(await names()).toEqual(['always', 'job'])
    await commit(project, { 'docs/a': '3' })
    expect(await names({ tag: 'v1' })).toEqual(['always', 'job'])
  })

  it('compares with another ref, and says so when it is none', async () => {
    await commit(project, { '.gitlab-ci.yml': job('{ changes: { paths: [src/*], compare_to: old } }') })
    await expect(plan()).rejects.toThrow('compare_to: old is not a ref')
    git(project, 'branch', 'old')
    expect(await names()).toEqual(['always'])
    await commit(project, { 'src/a': '1' })
    await commit(project, { 'docs/a': '1' })
    expect(await names()).toEqual(['always', 'job'])
  })

  it('sees tracked files only', async () => {
    await commit(project, { '.gitlab-ci.yml': job('{ exists: ["**/x.txt"] }') })
    await write(project, { 'a/x.txt': '' })
    expect(await names()).toEqual(['always'])
    git(project, 'add', '.')
    expect(await names()).toEqual(['always', 'job'])
  })

  it('includes files of the folder as they are, and says which git does not track', async () => {
    await commit(project, { '.gitlab-ci.yml': 'include: ci/a.yml\n', 'ci/a.yml': 'one: { script: e }\n' })
    await write(project, { 'ci/a.yml': 'two: { script: e }\n' })
    expect(await names()).toEqual(['two'])
    await write(project, { '.gitlab-ci.yml': 'include: ci/b.yml\n', 'ci/b.yml': 'x: { script: e }\n' })
    await expect(plan()).rejects.toThrow(
      '.gitlab-ci.yml:1:10: include: ci/b.yml: git does not track the file',
    )
  })

  it.each(['../outside.yml', '/../outside.yml', 'ci/../../outside.yml', 'link.yml'])(
    'never reads what stands outside of it: %s',
    async (path) => {
      await write(root, { 'outside.yml': 'secret: { script: e }\n' })
      await symlink(join(root, 'outside.yml'), join(project, 'link.yml'))
      await commit(project, { '.gitlab-ci.yml': `include: "${path}"\njob: { script: e }\n` })
      await expect(plan()).rejects.toThrow(/^\.gitlab-ci\.yml:1:10: include: /)
    },
  )

  it('plans a folder without a repository, and a repository without a commit', async () => {
    await write(project, { '.gitlab-ci.yml': 'job: { script: e }\n' })
    expect(await names()).toEqual(['job'])
    await rm(join(project, '.git'), { recursive: true })
    expect(await names()).toEqual(['job'])
    await write(project, { '.gitlab-ci.yml': 'include: "ci/*.yml"\n', 'ci/b.yml': 'b: { script: e }\n' })
    await write(project, { 'ci/c.yml': 'c: { script: e, rules: [{ exists: [ci/b.yml, none] }] }\n' })
    expect(await names()).toEqual(['b', 'c'])
  })

  it('takes variables of the project from a file: protected ones on protected refs only', async () => {
    await commit(project, { '.gitlab-ci.yml': job('{ if: $SECRET }') })
    await write(root, {
      'v.json': '{"project": {"SECRET": {"value": "hunter22", "protected": true, "masked": true}}}',
    })
    const settings = join(root, 'v.json')
    expect(await names({ settings })).toEqual(['always', 'job'])
    expect(await names({ settings, ref: 'dev' })).toEqual(['always'])
    expect(JSON.stringify((await plan({ settings })).plan)).not.toContain('hunter22')
  })
})

describe('what is included from elsewhere', () => {
  let mirror: string
  beforeEach(async () => {
    mirror = join(root, 'mirror')
    const other = join(mirror, 'group', 'ci')
    await mkdir(other, { recursive: true })
    git(other, 'init', '--quiet', '-b', 'main')
    await commit(other, {
      'a.yml': 'include: b.yml\n',
      'b.yml': 'from-project: { script: e }\n',
      'templates/c.yml':
        'spec: { inputs: { name: }, component: [version] }\n---\n"$[[ inputs.name ]]": { script: "$[[ component.version ]]" }\n',
    })
    git(other, 'tag', '1.0.0')
    await commit(other, { 'b.yml': 'newer: { script: e }\n' })
  })

  const include = (text: string) => commit(project, { '.gitlab-ci.yml': `include:\n  - ${text}\n` })

  it('is a project of the mirror folder, at a ref, with the files that these include', async () => {
    await include('{ project: group/ci, ref: 1.0.0, file: a.yml }')
    expect(await names({ mirror })).toEqual(['from-project'])
    await include('{ project: group/ci, file: [/a.yml] }')
    expect(await names({ mirror })).toEqual(['newer'])
    await include('{ project: group/ci, ref: none, file: a.yml }')
    await expect(plan({ mirror })).rejects.toThrow('no branch, tag or commit none')
    await include('{ project: ../project, file: a.yml }')
    await expect(plan({ mirror })).rejects.toThrow(
      '.gitlab-ci.yml:2:5: include: a.yml@../project: the path of the project is not one',
    )
    await expect(plan()).rejects.toThrow('--mirror')
  })

  it('is a component at a version', async () => {
    await include('{ component: $CI_SERVER_FQDN/group/ci/c@1, inputs: { name: made } }')
    const { jobs } = (await plan({ mirror })).plan
    expect(jobs.map(({ name, script }) => [name, script])).toEqual([['made', ['1.0.0']]])
    await include('{ component: host/group/ci/none@1 }')
    await expect(plan({ mirror })).rejects.toThrow('has no component none at 1.0.0')
  })

  it('is the component of the program, but where the mirror folder has its project', async () => {
    said.length = 0
    const component = 'gitlab.com/tools/components/package@1.2'
    await write(project, { '.gitlab-ci.yml': `include: [{ component: ${component} }]\n` })
    expect(await names({ mirror })).toEqual(['shipped'])
    expect(said).toEqual(['the component package@1.2 of tools/components is the one of this program'])
    const other = join(mirror, 'tools', 'components')
    await mkdir(other, { recursive: true })
    git(other, 'init', '--quiet', '-b', 'main')
    await commit(other, { 'templates/package.yml': 'mirrored: { script: e }\n' })
    git(other, 'tag', '1.2.0')
    expect(await names({ mirror })).toEqual(['mirrored'])
    expect(said).toHaveLength(1)
  })

  it('is a template of the mirror folder', async () => {
    await write(mirror, { 'templates/Jobs/Build.gitlab-ci.yml': 'built: { script: e }\n' })
    await include('{ template: Jobs/Build.gitlab-ci.yml }')
    expect(await names({ mirror })).toEqual(['built'])
    await include('{ template: ../group/ci/b.yml }')
    await expect(plan({ mirror })).rejects.toThrow('leads out of the mirror folder')
  })

  it('is a file of the web: from the mirror folder, by TLS, or with its digest', async () => {
    web
      .set('https://example.com/a.yml', 'remote: { script: e }\n')
      .set('http://example.com/a.yml', 'remote: { script: e }\n')
    await include('https://example.com/a.yml')
    expect(await names()).toEqual(['remote'])
    await include('http://example.com/a.yml')
    await expect(plan()).rejects.toThrow('without TLS')
    await include('{ remote: https://example.com/none.yml }')
    await expect(plan()).rejects.toThrow('the server answers 404')
    await write(mirror, { 'remote/example.com/a.yml': 'mirrored: { script: e }\n' })
    await include('{ remote: http://example.com/a.yml }')
    expect(await names({ mirror })).toEqual(['mirrored'])
  })

  it('is refused when its digest is another', async () => {
    web.set('http://example.com/a.yml', 'remote: { script: e }\n')
    const digest = execFileSync('openssl', ['dgst', '-sha256', '-binary'], {
      input: 'remote: { script: e }\n',
    }).toString('base64')
    await include(`{ remote: http://example.com/a.yml, integrity: sha256-${digest} }`)
    expect(await names()).toEqual(['remote'])
    await include(`{ remote: http://example.com/a.yml, integrity: sha256-${'A'.repeat(43)}= }`)
    await expect(plan()).rejects.toThrow('its digest is sha256-')
  })
})
