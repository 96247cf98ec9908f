/** Plans of generated pipelines: in this process, and as a program beside gitlab-ci-local. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { planPipeline, textSources } from '../src/ciconfig/index.ts'
import { gitlabCiLocal } from '../tests/support/judges.ts'
import {
  builtExecutable,
  builtProgram,
  inTurn,
  medianAndRange,
  milliseconds,
  node,
  ratio,
  timeOf,
} from './commands.ts'
import { median, table } from './report.ts'

const INCLUDES = 20
const LEVELS = 10
const SIZES = [500, 1000, 2000]
/** What is compared as a program. */
const COMPARED = 1000
const WARM_UP = 10

export async function benchPlan(work: string, runs: number): Promise<string> {
  return `${await inProcess(runs)}\n\n${await asProgram(join(work, 'plan'), runs)}`
}

/** Files to plan, warm. The last column tells whether time grows with the number of jobs. */
async function inProcess(runs: number): Promise<string> {
  const rows: string[][] = []
  for (const jobs of SIZES) {
    const texts = generatedFiles(jobs)
    const { plan } = await inTurn({ plan: () => timeOfPlan(texts, jobs) }, runs + WARM_UP)
    const warm = plan.slice(WARM_UP)
    rows.push([String(jobs), medianAndRange(warm, milliseconds), ((1000 * median(warm)) / jobs).toFixed(1)])
  }
  return table(['jobs', 'plan in process, ms (range)', 'µs for each job'], rows)
}

async function timeOfPlan(texts: ReadonlyMap<string, string>, jobs: number): Promise<number> {
  const began = performance.now()
  const plan = await planPipeline({
    file: '.gitlab-ci.yml',
    sources: textSources(texts),
    variables: { predefined: PREDEFINED, groups: [], project: [], pipeline: [] },
    unexecuted: 'show',
  })
  const ms = performance.now() - began
  if (plan.jobs.length !== jobs) throw new Error(`${plan.jobs.length} of ${jobs} jobs were planned`)
  return ms
}

const PREDEFINED = Object.entries({
  CI_PIPELINE_SOURCE: 'push',
  CI_COMMIT_BRANCH: 'main',
  CI_COMMIT_REF_NAME: 'main',
  CI_DEFAULT_BRANCH: 'main',
}).map(([key, value]) => ({ key, value }))

async function asProgram(folder: string, runs: number): Promise<string> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  layOut(folder, generatedFiles(COMPARED))
  const call =
    (...argv: readonly string[]) =>
    (): Promise<number> =>
      timeOf({ argv, cwd: folder })
  const times = await inTurn(
    {
      executable: call(...builtExecutable(), 'plan', '--json'),
      node: call(...builtProgram(), 'plan', '--json'),
      theirs: call(node, gitlabCiLocal, '--list-json'),
    },
    runs,
  )
  const row = (name: string, own: readonly number[]): string[] => [
    name,
    medianAndRange(own, milliseconds),
    ratio(times.theirs, own),
  ]
  return table(
    ['program, 1,000 jobs', 'ms (range)', 'ratio'],
    [
      row('executable: plan --json', times.executable),
      row('the same on Node', times.node),
      row('gitlab-ci-local --list-json', times.theirs),
    ],
  )
}

function layOut(folder: string, texts: ReadonlyMap<string, string>): void {
  for (const [name, text] of texts) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const author = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com']
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['remote', 'add', 'origin', 'https://gitlab.example.com/group/project.git'],
    ['add', '.'],
    [...author, 'commit', '--quiet', '--message', 'pipeline'],
  ])
    execFileSync('git', args, { cwd: folder })
}

/** Jobs spread over included files; each extends the last of a chain, has rules, variables, artifacts and a need. */
function generatedFiles(jobs: number): ReadonlyMap<string, string> {
  const parts = Array.from({ length: INCLUDES }, (_, part) => part)
  const own = (part: number): readonly number[] =>
    Array.from({ length: jobs }, (_, index) => index).filter((index) => index % INCLUDES === part)
  return new Map([
    ['.gitlab-ci.yml', mainText(parts.map((part) => `  - local: ci/part-${part}.yml`).join('\n'))],
    ...parts.map((part) => [`ci/part-${part}.yml`, own(part).map(jobText).join('\n')] as const),
  ])
}

function mainText(includes: string): string {
  const levels = Array.from({ length: LEVELS - 1 }, (_, level) => levelText(level))
  return `stages: [build, test, deploy]
include:
${includes}
variables: { SHARED: "1", GREETING: "hello $SHARED" }
default:
  image: python:3.13
  before_script: [python --version]
${levels.join('')}`
}

function levelText(level: number): string {
  return `.level-${level}:
${level === 0 ? '' : `  extends: .level-${level - 1}\n`}  variables: { LEVEL_${level}: "${level}" }
  cache: { key: cache-${level}, paths: [.cache/${level}] }
  tags: [linux-${level}]
`
}

function jobText(index: number): string {
  const stage = ['build', 'test', 'deploy'][index % 3]
  const need = index % 3 === 0 ? '' : `  needs: [job-${index - 1}]\n`
  return `job-${index}:
  extends: .level-${LEVELS - 2}
  stage: ${stage}
${need}  variables: { OWN: "$GREETING ${index}" }
  script:
    - make target-${index}
    - echo "$OWN"
  artifacts: { paths: [out/${index}], expire_in: 1 week }
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
      when: never
    - if: $CI_COMMIT_BRANCH =~ /^(main|release-.*)$/ && $OWN != ""
      allow_failure: true
    - when: manual
`
}
