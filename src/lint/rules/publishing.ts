import type { PlacedCommand, Project } from '../project/project.ts'
import type { Word } from '../shell/command.ts'
import { hasOption } from '../shell/program.ts'
import {
  expandedOnce,
  hit,
  hitAt,
  isUpload,
  jobSequences,
  pipVerb,
  setVariables,
  started,
  startedAnywhere,
  inJobs,
} from './look.ts'
import { pipeline, type Rule } from './rule.ts'

const PUBLISH = `publish:
  script:
    - twine upload dist/*
`
const TAGS = '  rules:\n    - if: $CI_COMMIT_TAG\n'

const everyBranch: Rule = {
  code: 'WS401',
  severity: 'error',
  title: 'a publication from every branch',
  what: 'A job that uploads packages is in the pipeline of any branch, and does not wait for a person.',
  consequence: 'Everybody who may push a branch publishes a release.',
  fix: 'Run it for protected tags only: `rules: [{ if: $CI_COMMIT_TAG }]`, and protect the tags `v*`.',
  source: ['GitLab, CI/CD YAML reference: `rules`', 'GitLab, "Protected tags"'],
  traps: ['S17'],
  bad: pipeline(PUBLISH),
  good: pipeline(PUBLISH + TAGS),
  *check(project) {
    const situation = project.pipeline?.situations.find(({ kind }) => kind === 'branch')
    for (const sequence of situation === undefined ? [] : jobSequences(project)) {
      const planned = sequence.job.planned.get(situation as never)
      if (planned === undefined || planned.when === 'manual') continue
      for (const placed of started(sequence))
        if (isUpload(placed))
          yield hit(
            placed,
            placed.invocation.at,
            `the job ${sequence.job.name} uploads in pipelines of every branch`,
          )
    }
  },
}

const SIDE_FILE = /\.(?:sig|crt|sigstore(?:\.json)?|pem|publish\.attestation)(?:$|["'/?])/

function sendsSignature({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined) return false
  const isSent = invocation.program === 'curl' && hasOption(invocation, '--upload-file', '-T')
  return (isSent || invocation.program === 'glab') && invocation.args.some(({ text }) => SIDE_FILE.test(text))
}

const signaturesLater: Rule = {
  code: 'WS402',
  severity: 'warning',
  title: 'packages published before their signatures',
  what: 'The packages are uploaded in an earlier stage, or earlier in the same job, than their signatures.',
  consequence: 'In between the release can be installed unsigned; where the later job fails, for good.',
  fix: 'Upload the signatures first, or publish all with one command that puts signatures first (`wheelseal publish`).',
  source: ['[Build and publish](../how-to/build-and-publish.md)'],
  traps: ['S16'],
  bad: pipeline(`publish:
  stage: build
  script: twine upload dist/*
${TAGS}signatures:
  stage: deploy
  script: curl --fail --netrc-file "$NETRC" --upload-file a.sig "$URL/a.sig"
`),
  good: pipeline(`signatures:
  stage: build
  script: curl --fail --netrc-file "$NETRC" --upload-file a.sig "$URL/a.sig"
publish:
  stage: deploy
  script: twine upload dist/*
${TAGS}`),
  *check(project) {
    const order = stageOrder(project)
    const sent = jobSequences(project).flatMap(({ job, commands }) =>
      commands.flatMap((placed, index) =>
        sendsSignature(placed) ? [{ job, index, stage: order(job.name) }] : [],
      ),
    )
    for (const sequence of jobSequences(project))
      for (const placed of sent.length === 0 ? [] : started(sequence)) {
        // wheelseal itself puts the signatures first.
        if (!isUpload(placed) || placed.invocation.program === 'wheelseal') continue
        const stage = order(sequence.job.name)
        const isBefore = sent.every((one) =>
          one.job === sequence.job ? one.index > placed.index : one.stage > stage,
        )
        if (isBefore) yield hit(placed, placed.invocation.at, 'the signatures follow only later')
      }
  },
}

/** The place of a job's stage among those of the pipeline. */
function stageOrder({ pipeline: planned }: Project): (name: string) => number {
  const stages = planned?.root.entries.get('stages')?.value
  const listed =
    stages?.kind === 'list'
      ? stages.items.map((item) => (item.kind === 'scalar' ? String(item.value) : ''))
      : ['build', 'test', 'deploy']
  const stageOf = new Map<string, string>()
  for (const { jobs } of planned?.situations ?? [])
    for (const { name, stage } of jobs.values()) stageOf.set(name, stage)
  return (name) => listed.indexOf(stageOf.get(name) ?? '')
}

const skipExisting: Rule = {
  code: 'WS403',
  severity: 'warning',
  title: '`--skip-existing`',
  what: '`twine upload --skip-existing`.',
  consequence:
    'twine 6.2 and later refuse it for every index but PyPI; older ones call a changed file of the same name published.',
  fix: 'Take the version from the tag, so that nothing is uploaded twice, or use `wheelseal publish`, which compares digests.',
  source: ['twine changelog, 6.2.0'],
  traps: [],
  bad: pipeline(`publish:\n  script: twine upload --skip-existing dist/*\n${TAGS}`),
  good: pipeline(PUBLISH + TAGS),
  *check(project) {
    for (const placed of startedAnywhere(project, 'twine'))
      for (const word of placed.invocation.args)
        if (word.text === '--skip-existing') yield hit(placed, word, 'a changed file passes as published')
  },
}

const VERSION_NAME = /^(?:VERSION|(?:\w+_)?(?:PACKAGE|PKG|PROJECT|RELEASE|DIST)_VERSION)$/

const fixedVersion: Rule = {
  code: 'WS404',
  severity: 'warning',
  title: 'a version that is written into the pipeline',
  what: 'A variable such as `PACKAGE_VERSION` has a version as its value, in a pipeline that uploads packages.',
  consequence:
    'The second pipeline fails with "already been taken", and signatures of its build may be stored with the files of the first.',
  fix: 'Take the version from the tag (`${CI_COMMIT_TAG#v}`) or from the metadata of what was built.',
  source: [
    'GitLab, "PyPI packages in the package registry": publishing a package with the same name or version',
  ],
  traps: ['C9'],
  bad: pipeline(`variables:\n  PACKAGE_VERSION: "1.0.0"\n${PUBLISH}${TAGS}`),
  good: pipeline(PUBLISH + TAGS),
  *check(project) {
    if (!jobSequences(project).some(({ commands }) => commands.some(isUpload))) return
    for (const { name, node } of setVariables(project))
      if (VERSION_NAME.test(name) && /^\d+(?:\.\d+)+\S*$/.test(String(node.value)))
        yield hitAt(node.at, `${name} is the same in every pipeline`)
  },
}

const globs: Rule = {
  code: 'WS405',
  severity: 'note',
  title: 'a list of patterns for the upload',
  what: '`twine upload dist/*.whl dist/*.tar.gz`.',
  consequence: 'A project that builds only one of the two kinds fails with "Cannot find file".',
  fix: 'Upload `dist/*`, and keep the signatures in another folder; or use `wheelseal publish`.',
  source: ['twine, `twine upload`'],
  traps: ['C18'],
  bad: pipeline(`publish:\n  script: twine upload dist/*.whl dist/*.tar.gz\n${TAGS}`),
  good: pipeline(PUBLISH + TAGS),
  *check(project) {
    for (const placed of startedAnywhere(project, 'twine')) {
      const first = placed.invocation.args.find(({ text, isBare }) => isBare && text.endsWith('*.whl'))
      const second = placed.invocation.args.some(({ text, isBare }) => isBare && text.endsWith('*.tar.gz'))
      if (first !== undefined && second && isUpload(placed))
        yield hit(placed, first, 'each of the patterns must match')
    }
  },
}

const GENERIC = /\/packages\/generic\/\$\{?(\w+)\}?\//

const twoNames: Rule = {
  code: 'WS406',
  severity: 'warning',
  title: 'signatures under another name than the package',
  what: 'The generic package has the name of the GitLab project, and pip is asked for a name that the pipeline makes of it.',
  consequence:
    'Users who derive one name from the other get 404: `my-pkg`, `my_pkg` and `My.Pkg` are one package to pip and three to the generic registry.',
  fix: 'Take the name under which signatures are kept from the names of the files.',
  source: ['PEP 503: normalized names', 'PEP 625: file names'],
  traps: ['C8'],
  bad: pipeline(`variables:
  URL: "$CI_API_V4_URL/projects/1/packages/generic/$CI_PROJECT_NAME/1.0"
consume:
  script:
    - export NAME=$(echo "$CI_PROJECT_NAME" | tr '-' '_')
    - 'pip download --only-binary=:all: "$NAME==1.0"'
`),
  good: pipeline(`variables:
  URL: "$CI_API_V4_URL/projects/1/packages/generic/demo/1.0"
consume:
  script:
    - 'pip download --only-binary=:all: "demo==1.0"'
`),
  *check(project) {
    for (const { node, job } of asksForMadeName(project) ? setVariables(project) : []) {
      const name = GENERIC.exec(String(node.value))?.[1]
      const first = job ?? project.pipeline?.jobs[0]
      const own = expandedOnce('$CI_PROJECT_NAME', first)
      if (name !== undefined && (name === 'CI_PROJECT_NAME' || expandedOnce(`$${name}`, first) === own))
        yield hitAt(node.at, 'the signatures have the name of the GitLab project')
    }
  },
}

const MADE_BY_TR = /\|\s*tr\s/

/** The variables that a command sets to what `tr` makes. */
function madeNames({ command, snippet }: PlacedCommand): readonly string[] {
  const isMade = ({ start, end }: Pick<Word, 'start' | 'end'>): boolean =>
    MADE_BY_TR.test(snippet.text.slice(start, end))
  const exported = command.words[0]?.text === 'export' ? command.words.filter(isMade) : []
  return [
    ...command.assignments.filter(({ value }) => isMade(value)).map(({ name }) => name),
    ...exported.map(({ text }) => /^\w+/.exec(text)?.[0] ?? ''),
  ]
}

function asksForMadeName(project: Project): boolean {
  const made = new Set([...inJobs(project)].flatMap(madeNames))
  const isMade = ({ text }: Word): boolean => made.has(/^\$\{?(\w+)/.exec(text)?.[1] ?? '')
  return [...startedAnywhere(project)].some(
    ({ invocation }) => pipVerb(invocation) !== undefined && invocation.args.some(isMade),
  )
}

export const publishingRules: readonly Rule[] = [
  everyBranch,
  signaturesLater,
  skipExisting,
  fixedVersion,
  globs,
  twoNames,
]
