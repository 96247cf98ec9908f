import type { Entry, Position, ScalarNode } from '../../ciconfig/index.ts'
import type { Hit } from '../finding.ts'
import type { LintedJob, Pipeline, Project } from '../project/project.ts'
import {
  cachesOf,
  expandedOnce,
  hit,
  hitAt,
  inJobs,
  isBuild,
  isSigning,
  isUpload,
  jobSequences,
  setVariables,
} from './look.ts'
import { pipeline, type Rule } from './rule.ts'

function isAt(a: Position, b: Position): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column
}

const deadDefault: Rule = {
  code: 'WS701',
  severity: 'note',
  title: 'a default before_script that no job runs',
  what: '`before_script` of `default`, or at the top, which every job replaces by its own.',
  consequence: 'The lines are dead: a change of them changes nothing.',
  fix: 'Delete them; a job that needs them can write `!reference [.name, before_script]`.',
  source: ['GitLab, CI/CD YAML reference: `default`'],
  traps: ['C14'],
  bad: pipeline(
    'default:\n  before_script: [echo hello]\ntest:\n  before_script: [pip install pytest]\n  script: pytest\n',
  ),
  good: pipeline('default:\n  before_script: [echo hello]\ntest:\n  script: pytest\n'),
  *check({ pipeline: planned }) {
    const entry = planned === undefined ? undefined : defaultBefore(planned)
    const jobs = planned?.jobs ?? []
    if (entry === undefined || jobs.length === 0) return
    const isRun = jobs.some(({ keywords }) => {
      const own = keywords.entries.get('before_script')
      return own !== undefined && isAt(own.keyAt, entry.keyAt)
    })
    if (!isRun) yield hitAt(entry.keyAt, 'every job has its own before_script')
  },
}

function defaultBefore({ root }: Pipeline): Entry | undefined {
  const defaults = root.entries.get('default')?.value
  const own = defaults?.kind === 'map' ? defaults.entries.get('before_script') : undefined
  return own ?? root.entries.get('before_script')
}

const noExpiry: Rule = {
  code: 'WS702',
  severity: 'note',
  title: 'artifacts without an end',
  what: 'A job that builds or signs keeps artifacts without `expire_in`.',
  consequence:
    'They are kept for 30 days, or for good, and every later job without `needs` downloads all of them.',
  fix: 'Set `expire_in: 1 week`, and `needs` in the jobs that follow.',
  source: ['GitLab, CI/CD YAML reference: `artifacts:expire_in`'],
  traps: ['C17'],
  bad: pipeline('build:\n  script: python -m build\n  artifacts:\n    paths: [dist/]\n'),
  good: pipeline(
    'build:\n  script: python -m build\n  artifacts:\n    paths: [dist/]\n    expire_in: 1 week\n',
  ),
  *check(project) {
    for (const { job, commands } of jobSequences(project)) {
      const entry = job.keywords.entries.get('artifacts')
      const isRelease = commands.some((one) => isBuild(one) || isSigning(one))
      if (isRelease && entry?.value.kind === 'map' && !entry.value.entries.has('expire_in'))
        yield hitAt(entry.keyAt, `the artifacts of ${job.name} have no expire_in`)
    }
  },
}

/** The host alone, or with something of a project behind it that GitLab has a variable for. */
const OWN_HOST = /https:\/\/gitlab\.com(?:$|\/(?:api\/|\$)|["'\s])|@gitlab\.com\//

const fixedHost: Rule = {
  code: 'WS703',
  severity: 'note',
  title: 'the host of GitLab written into the pipeline',
  what: '`https://gitlab.com` in a pipeline that builds, signs or uploads, where GitLab has a variable: in an identity, an issuer, the URL of an index.',
  consequence:
    'The pipeline fails on every other GitLab, and on a copy of the project there it asks the wrong server.',
  fix: 'Write `$CI_SERVER_URL`, and `$CI_API_V4_URL` for the API.',
  source: ['GitLab, "Predefined CI/CD variables"'],
  traps: ['C10'],
  bad: pipeline('variables:\n  ISSUER: https://gitlab.com\nbuild:\n  script: python -m build\n'),
  good: pipeline('variables:\n  ISSUER: $CI_SERVER_URL\nbuild:\n  script: python -m build\n'),
  *check(project): Generator<Hit> {
    const commands = [...inJobs(project)]
    if (!commands.some((one) => isBuild(one) || isSigning(one) || isUpload(one))) return
    for (const { name, node } of setVariables(project))
      if (OWN_HOST.test(String(node.value))) yield hitAt(node.at, `${name} names gitlab.com`)
    for (const placed of commands)
      for (const word of placed.command.words)
        if (OWN_HOST.test(word.text)) yield hit(placed, word, 'names gitlab.com')
  },
}

const absoluteCache: Rule = {
  code: 'WS704',
  severity: 'note',
  title: 'an absolute path in a cache',
  what: '`cache:paths` has an absolute path, or one that begins with `$CI_PROJECT_DIR`.',
  consequence:
    'It works only where the runner puts the variable in late; outside of the project nothing is cached.',
  fix: 'Write the path from the root of the project: `.pip-cache/`.',
  source: ['GitLab, CI/CD YAML reference: `cache:paths`'],
  traps: ['C23'],
  bad: pipeline('test:\n  script: pytest\n  cache:\n    key: a\n    paths: [$CI_PROJECT_DIR/.pip-cache]\n'),
  good: pipeline('test:\n  script: pytest\n  cache:\n    key: a\n    paths: [.pip-cache/]\n'),
  *check({ pipeline: planned }: Project) {
    for (const job of planned?.jobs ?? [])
      for (const item of cachePaths(job))
        if (/^(?:\/|\$\{?CI_PROJECT_DIR\}?)/.test(expandedOnce(String(item.value), job)))
          yield hitAt(item.at, `${String(item.value).slice(0, 100)} is absolute`)
  },
}

function cachePaths(job: LintedJob): readonly ScalarNode[] {
  return cachesOf(job).flatMap((cache) => {
    const paths = cache.kind === 'map' ? cache.entries.get('paths')?.value : undefined
    return paths?.kind === 'list' ? paths.items.filter((item) => item.kind === 'scalar') : []
  })
}

export const conductRules: readonly Rule[] = [deadDefault, noExpiry, fixedHost, absoluteCache]
