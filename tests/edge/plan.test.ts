import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schemaProblems } from '../support/json-schema.ts'
import { root, runProgram, wheelseal, type Outcome } from '../support/program.ts'

const schema = JSON.parse(readFileSync(join(root, 'schemas', 'plan-output.schema.json'), 'utf8')) as Record<
  string,
  unknown
>

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wheelseal-plan-command-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
function project(text: string): string {
  const path = join(folder, `p${++count}`)
  mkdirSync(path)
  writeFileSync(join(path, '.gitlab-ci.yml'), text)
  return path
}

function planned(path: string, ...args: readonly string[]): Promise<Outcome> {
  return runProgram([wheelseal, 'plan', '-C', path, ...args], { env: { CI: undefined } })
}

function jsonOf({ stdout }: Outcome): Record<string, never> {
  const value = JSON.parse(stdout) as Record<string, never>
  expect(schemaProblems(schema, value)).toEqual([])
  return value
}

describe('wheelseal plan', () => {
  const everything = `
workflow: { name: "run $WHO", rules: [{ if: $WHO, variables: { A: a } }] }
.t: { image: "x:$WHO", services: [{ name: db, alias: d }] }
build: { extends: .t, stage: build, script: [a, b], parallel: 2, retry: 1, artifacts: { paths: [p], reports: { junit: j.xml } } }
test: { script: e, needs: [build], cache: { paths: [c] }, environment: { name: "review/$WHO", url: u } }
manual: { stage: deploy, script: e, rules: [{ if: $NOT }, { when: manual }] }
out: { script: e, rules: [{ if: $NOT }] }
`

  it('prints the contract as JSON, and warnings for what nothing carries out', async () => {
    const path = project(everything)
    const ended = await planned(path, '--json', '--variable', 'WHO=ada')
    expect([ended.code, ended.stderr.split('\n')[0]]).toEqual([
      0,
      expect.stringContaining('wheelseal: warning: .gitlab-ci.yml:'),
    ])
    const plan = jsonOf(ended)
    expect(plan).toMatchObject({
      workflow: { name: 'run ada', variables: { A: 'a' } },
      jobs: [
        { name: 'build 1/2', image: { name: 'x:ada' }, parallel: { index: 1, total: 2 } },
        { name: 'build 2/2', retry: { max: 1, when: ['always'] } },
        {
          name: 'test',
          needs: [{ job: 'build 1/2' }, { job: 'build 2/2' }],
          environment: { name: 'review/ada' },
        },
        { name: 'manual', when: 'manual', allow_failure: false, rules_matched: 1 },
      ],
    })
    expect(JSON.stringify(plan)).not.toContain('yaml_variables')
  })

  it('shows stages, jobs, needs, and the rule that decided', async () => {
    const { stdout, code } = await planned(project(everything), '--quiet', '--variable', 'WHO=ada')
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        'run ada: push of the branch main, 4 jobs',
        'build',
        '  build 1/2',
        '  build 2/2',
        'test',
        '  test       needs build 1/2 and build 2/2',
        'deploy',
        '  manual     manual, rule 2: it has no condition',
        'not in the pipeline',
        '  out        no rule holds',
        '',
      ],
    ])
  })

  it('says why, also when there is no pipeline', async () => {
    const path = project('job: { script: e, rules: [{ if: $A }, { if: \'$B == "b"\', when: never }] }\n')
    const none = await planned(path, '--why', 'job')
    expect(none.code).toBe(1)
    expect(none.stderr).toBe(
      '.gitlab-ci.yml:1:1: no rule lets a job into it, so the pipeline would not run\n',
    )
    expect(none.stdout.split('\n').slice(0, 3)).toEqual([
      'job is not in the pipeline: no rule holds',
      '  rule 1 (.gitlab-ci.yml:1) does not hold: $A is false (A is not defined)',
      '  rule 2 (.gitlab-ci.yml:1) does not hold: $B == "b" is false (B is not defined)',
    ])
    const held = await planned(path, '--why', 'job', '--variable', 'A=1')
    expect(held.stdout).toContain('rule 1 (.gitlab-ci.yml:1) holds: $A is true (A is "1")')
    expect((await planned(path, '--why', 'jobb', '--variable', 'A=1')).stdout).toContain(
      'jobb is not a job of the file',
    )
  })

  it('prints every mistake as FILE:LINE:COLUMN, on standard error and in JSON', async () => {
    const ended = await planned(project('a: { script: e, stage: nope }\nb: { skript: e }\n'), '--json')
    expect(ended.code).toBe(1)
    const { errors } = jsonOf(ended) as unknown as { errors: { line: number; message: string }[] }
    expect(errors).toHaveLength(3)
    expect(ended.stderr.split('\n').slice(0, -1)).toEqual(
      errors.map((error) => expect.stringMatching(new RegExp(`^\\.gitlab-ci\\.yml:${error.line}:\\d+: `))),
    )
  })

  it('prints what an enemy has written as text', async () => {
    const { stderr } = await planned(project('"\\e[2J": { script: e, stage: "\\e]0;x\\a" }\n'))
    expect(stderr).not.toContain('\u001b')
  })

  it.each([
    [['--variable', 'A']],
    [['--variable', '1A=b']],
    [['--source', 'mail']],
    [['--ref', 'a', '--tag', 'b']],
    [['more']],
  ])('refuses %j as wrong usage', async (args) => {
    expect(await planned(project('a: { script: e }\n'), ...args)).toMatchObject({ code: 2, stdout: '' })
  })

  it('says what is wrong with a folder that is not there, in the form of all errors', async () => {
    const ended = await planned(join(folder, 'none'), '--json')
    expect([ended.code, jsonOf(ended)]).toMatchObject([1, { error: { code: 'client.no-project' } }])
  })
})

const tool = join(root, '..', 'shared', 'tools', 'tutorial-project')

describe.skipIf(!existsSync(tool))(`the tutorial's project (skipped without ${tool})`, () => {
  it('is planned to its six jobs, one in each stage', async () => {
    const path = join(folder, 'my-package')
    execFileSync(tool, [path])
    const { jobs, warnings } = jsonOf(await planned(path, '--json')) as unknown as {
      jobs: { name: string; stage: string; id_tokens: object; cache: object[]; before_script: string[] }[]
      warnings: object[]
    }
    const names = ['build', 'sign', 'verify', 'publish', 'publish_signatures', 'consumer_verification']
    expect(jobs.map(({ name, stage }) => [name, stage])).toEqual(names.map((name) => [name, name]))
    expect(warnings).toEqual([])
    expect(jobs[1]?.id_tokens).toEqual({ SIGSTORE_ID_TOKEN: { aud: 'sigstore' } })
    for (const { cache } of jobs)
      expect(cache).toMatchObject([
        { key: 'default', policy: 'pull-push', when: 'on_success', paths: ['${PIP_CACHE_DIR}'] },
      ])
  })
})
