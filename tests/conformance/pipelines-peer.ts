/** The cases of `tests/cases/ciconfig` as gitlab-ci-local plans them. */
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { readCase, type Case } from '../../src/ciconfig/arrange-cases.ts'
import { gitlabCiLocal } from '../support/judges.ts'
import { startProgram } from '../support/program.ts'

export const cases = join(import.meta.dirname, '..', 'cases', 'ciconfig')

/** What `--list-json` prints of a job; jobs that are not in the pipeline are `when: never`. */
export interface ListedJob {
  readonly name: string
  readonly stage: string
  readonly when: string
  readonly allow_failure: unknown
  readonly needs?: readonly ListedNeed[] | null
}

export interface ListedNeed {
  readonly job: string
  readonly artifacts?: boolean
  readonly optional?: boolean
}

/** The file after includes, extends, references and defaults, which it writes down: no variable of it expanded. */
export type MergedFile = Readonly<Record<string, unknown>>

export type PeerPlan =
  | { readonly kind: 'planned'; readonly jobs: readonly ListedJob[]; readonly merged: MergedFile }
  | { readonly kind: 'refused'; readonly because: string }

interface Call {
  readonly cwd: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

interface CallOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Answers what gitlab-ci-local asks git: the repository is that of the case, and there is no network. */
const GIT = `#!/bin/sh
case "$*" in
'rev-parse --abbrev-ref HEAD') echo main ;;
'rev-parse HEAD') echo 1111111111111111111111111111111111111111 ;;
'symbolic-ref '*) echo origin/main ;;
'remote get-url gcl-origin') echo https://gitlab.example.com/group/project.git ;;
'config user.'*) echo ada ;;
'ls-files '*) find . -type f ! -path './.gitlab-ci-local/*' -printf '%P\\n' ;;
'diff '*) printf '%s' "$CASE_CHANGES" ;;
*) exit 1 ;;
esac
`

/** Every case by name. One process plans them all. */
export async function planWithPeer(
  names: readonly string[],
  folder: string,
): Promise<ReadonlyMap<string, PeerPlan>> {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'git'), GIT)
  chmodSync(join(bin, 'git'), 0o755)
  const calls = names.map((name) => callOf(name, join(folder, name)))
  const outcomes = await runCalls(calls, bin)
  return new Map(calls.map((call, index) => [basename(call.cwd), peerPlan(call, outcomes[index])]))
}

async function runCalls(calls: readonly Call[], bin: string): Promise<readonly CallOutcome[]> {
  const driver = join(import.meta.dirname, '..', 'support', 'gitlab-ci-local.mjs')
  const input = join(dirname(bin), 'calls.json')
  writeFileSync(input, JSON.stringify(calls))
  const env = { PATH: `${bin}:${process.env['PATH']}`, NO_COLOR: '1' }
  const child = startProgram([process.execPath, driver, gitlabCiLocal, input], { env })
  const parts: { stdout: string; stderr: string } = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    for await (const part of child[name]) parts[name] += String(part)
  if (parts.stdout === '') throw new Error(`gitlab-ci-local printed nothing: ${parts.stderr}`)
  return JSON.parse(parts.stdout) as CallOutcome[]
}

function peerPlan({ cwd }: Call, outcome: CallOutcome | undefined): PeerPlan {
  if (outcome === undefined) throw new Error(`gitlab-ci-local left ${cwd} out`)
  const { code, stdout, stderr } = outcome
  if (code !== 0) return { kind: 'refused', because: stderr.trim() }
  const merged = join(cwd, '.gitlab-ci-local', 'expanded-gitlab-ci.yml')
  return {
    kind: 'planned',
    jobs: JSON.parse(stdout.slice(stdout.search(/^\[/m))) as ListedJob[],
    merged: parse(readFileSync(merged, 'utf8'), { maxAliasCount: -1 }) as MergedFile,
  }
}

/** Lays the case out as a checked-out project, with what other projects have where downloads are kept. */
function callOf(name: string, cwd: string): Call {
  const source = join(cases, name)
  const given = readCase(source)
  cpSync(source, cwd, { recursive: true })
  for (const path of given.paths) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true })
    writeFileSync(join(cwd, path), '')
  }
  layOutIncludes(cwd)
  const { changes } = given
  return {
    cwd,
    args: [
      '--list-json',
      '--no-json-schema-validation',
      ...variableFlags(given),
      '--home',
      writeHome(given, `${cwd}.home`),
    ],
    env: { CASE_CHANGES: changes.kind === 'paths' ? changes.paths.join('\n') : '' },
  }
}

function variableFlags({ variables: { predefined, pipeline } }: Case): readonly string[] {
  const has = new Set(predefined.map(({ key }) => key))
  const absent = ['CI_COMMIT_BRANCH'].filter((key) => !has.has(key))
  return [
    ...[...predefined, ...pipeline].flatMap(({ key, value }) => ['--variable', `${key}=${value}`]),
    ...absent.flatMap((key) => ['--unset-variable', key]),
  ]
}

/** Variables of groups and of the project, as its home folder has them. */
function writeHome({ variables: { groups = [], project } }: Case, home: string): string {
  type Known = Case['variables']['project'][number]
  const entry = (known: Known): unknown => ({
    type: known.isFile === true ? 'file' : 'variable',
    values: { [known.environmentScope ?? '*']: known.value },
  })
  const entries = (list: readonly Known[]): unknown =>
    Object.fromEntries(list.map((known) => [known.key, entry(known)]))
  mkdirSync(join(home, '.gitlab-ci-local'), { recursive: true })
  const text = JSON.stringify({
    group: { 'gitlab.example.com/group/': entries(groups) },
    project: { 'gitlab.example.com/group/project.git': entries(project) },
  })
  writeFileSync(join(home, '.gitlab-ci-local', 'variables.yml'), text)
  return home
}

const TEMPLATES = 'gitlab.com/gitlab-org/gitlab/-/raw/HEAD/lib/gitlab/ci/templates'
const HOST = 'gitlab.example.com'

function layOutIncludes(cwd: string): void {
  const put = (from: string, to: string): void =>
    cpSync(join(cwd, from), join(cwd, '.gitlab-ci-local', 'includes', to), {
      recursive: true,
      dereference: true,
    })
  for (const file of filesBelow(cwd, 'remote')) put(`remote/${file}`, file)
  for (const file of filesBelow(cwd, 'templates')) put(`templates/${file}`, `${TEMPLATES}/${file}`)
  for (const file of filesBelow(cwd, 'projects'))
    for (const ref of refsOf(cwd)) put(`projects/${file}`, `${HOST}/${withRef(file, ref)}`)
  for (const file of filesBelow(cwd, 'components')) {
    const [component = '', version = ''] = file.replace(/\.yml$/, '').split('@')
    put(`components/${file}`, `${dirname(component)}/${version}/templates/${basename(component)}.yml`)
  }
}

/** `group/name/path` of a project. */
function withRef(file: string, ref: string): string {
  const [group, name, ...path] = file.split('/')
  return [group, name, ref, ...path].join('/')
}

function filesBelow(cwd: string, folder: string): readonly string[] {
  return globSync('**/*', { cwd: join(cwd, folder), withFileTypes: true })
    .filter((one) => !one.isDirectory())
    .map((one) => join(one.parentPath, one.name).slice(join(cwd, folder).length + 1))
}

/** Every ref that a file of the case names. */
function refsOf(cwd: string): readonly string[] {
  const texts = globSync('{.gitlab-ci.yml,**/*.yml}', { cwd }).map((file) =>
    readFileSync(join(cwd, file), 'utf8'),
  )
  const named = texts.flatMap((text) => [...text.matchAll(/\bref: *([\w./-]+)/g)].map(([, ref = '']) => ref))
  return ['HEAD', ...new Set(named)]
}
