import { labelOf } from '../../ciconfig/index.ts'
import type { Hit } from '../finding.ts'
import type { PlacedCommand, Project } from '../project/project.ts'
import { hasLetter, hasOption } from '../shell/program.ts'
import { isInstalling } from './id-tokens.ts'
import {
  hit,
  hitAt,
  isBuild,
  isSigning,
  isUpload,
  isVerifying,
  jobSequences,
  pipVerb,
  setVariables,
  started,
  startedAnywhere,
  type Sequence,
} from './look.ts'
import { supportedUntilMs } from './python-releases.ts'
import { pipeline, type Rule } from './rule.ts'

import { images } from './tools.ts'

const unpinnedImage: Rule = {
  code: 'WS503',
  severity: 'note',
  title: 'an image that is not pinned',
  what: '`image` without a digest (`@sha256:…`).',
  consequence: 'The next pipeline may run other programs, and nothing tells.',
  fix: 'Add the digest: `python:3.13@sha256:…`; a bot such as Renovate keeps it new.',
  source: ['OpenSSF Scorecard, Pinned-Dependencies', 'GitLab, CI/CD YAML reference: `image`'],
  traps: ['C16'],
  bad: pipeline('test:\n  image: python:3.13\n  script: pytest\n'),
  good: pipeline(`test:\n  image: python:3.13@sha256:${'0'.repeat(64)}\n  script: pytest\n`),
  *check(project) {
    for (const { node, text, job } of images(project))
      // What stands behind a variable, nobody can say here.
      if (!text.includes('@sha256:') && !text.includes('$'))
        yield hitAt(node.at, `${text.slice(0, 100)} of the job ${job} has no digest`)
  },
}

const endOfLife: Rule = {
  code: 'WS504',
  severity: 'warning',
  title: 'a Python without security fixes',
  what: 'The image of a job is a Python whose support has ended.',
  consequence: 'Holes in the interpreter that makes the release are no longer closed.',
  fix: 'Take a Python that is supported.',
  source: ['Python Developer\'s Guide, "Status of Python versions"'],
  traps: ['C16'],
  bad: pipeline('build:\n  image: python:3.8\n  script: python -m build\n'),
  good: pipeline('build:\n  image: python:3.13\n  script: python -m build\n'),
  *check(project) {
    for (const { node, text } of images(project)) {
      const release = /(?:^|\/)python:(\d+\.\d+)(?!\d)/.exec(text)?.[1]
      const untilMs = release === undefined ? undefined : supportedUntilMs(release)
      if (untilMs !== undefined && untilMs < project.surroundings.nowMs)
        yield hitAt(node.at, `the support of Python ${release} has ended`)
    }
  },
}

/** Jobs whose result others rely on. */
function matters({ commands }: Sequence): boolean {
  return commands.some((one) => isBuild(one) || isSigning(one) || isVerifying(one) || isUpload(one))
}

function isUnpinned(text: string, before: string): boolean {
  const isValue = /^-[rceft]$|^--(?!upgrade$|quiet$|user$|no-deps$|pre$|no-cache-dir$|system$)[\w-]+$/.test(
    before,
  )
  return (
    !isValue &&
    /^[A-Za-z][\w.-]*(?:\[[\w,.-]*\])?(?:[<>~!].*)?$/.test(text) &&
    !/^(?:pip|install)$/.test(before === '' ? text : '')
  )
}

const unpinnedPackages: Rule = {
  code: 'WS505',
  severity: 'note',
  title: 'packages installed without a version',
  what: 'A job that builds, signs, verifies or publishes installs packages by name, without `==` and without `--require-hashes`.',
  consequence: 'What makes the release is whatever the index has today.',
  fix: 'Install from a file with hashes: `pip install --require-hashes -r release.txt`.',
  source: ['pip, "Secure installs"', 'OpenSSF Scorecard, Pinned-Dependencies'],
  traps: ['S12'],
  bad: pipeline('build:\n  script:\n    - pip install build\n    - python -m build\n'),
  good: pipeline('build:\n  script:\n    - pip install build==1.3.0\n    - python -m build\n'),
  *check(project) {
    for (const sequence of jobSequences(project))
      for (const placed of matters(sequence) ? started(sequence) : []) {
        const { invocation } = placed
        if (pipVerb(invocation) !== 'install' || hasOption(invocation, '--require-hashes', '--no-index'))
          continue
        const words = invocation.args.slice(invocation.args.findIndex(({ text }) => text === 'install') + 1)
        const first = words.find(({ text }, index) => isUnpinned(text, words[index - 1]?.text ?? '-'))
        if (first !== undefined) yield hit(placed, first, `${first.text} is installed as it is today`)
      }
  },
}

const SYSTEM = ['apt-get', 'apt', 'apk', 'dnf', 'yum', 'microdnf']

const systemPackages: Rule = {
  code: 'WS506',
  severity: 'note',
  title: 'system packages installed in a release job',
  what: 'A job that builds, signs, verifies or publishes calls `apt-get`, `apk`, `dnf` or `yum`.',
  consequence:
    'It needs root, that distribution and its servers, takes time in each job, and installs the versions of the day.',
  fix: 'Take an image that has them; `python` images have curl, wget and git.',
  source: ['GitLab, "Pipeline efficiency": container images'],
  traps: ['C15'],
  bad: pipeline(
    'build:\n  script:\n    - apt-get update && apt-get install -y curl\n    - python -m build\n',
  ),
  good: pipeline('build:\n  script:\n    - python -m build\n'),
  *check(project) {
    for (const sequence of jobSequences(project))
      for (const placed of matters(sequence) ? started(sequence, ...SYSTEM) : [])
        if (isInstalling(placed))
          yield hit(placed, placed.invocation.at, `${placed.invocation.program} installs packages`)
  },
}

const unpinnedInclude: Rule = {
  code: 'WS507',
  severity: 'warning',
  title: 'an included file that others can change',
  what: '`include` of a remote file without `integrity`, of a project without a commit or a tag as `ref`, or of a component by `~latest` or a part of a version.',
  consequence: 'All who may change that file run commands in the jobs that sign.',
  fix: 'Name a commit, or a protected tag; for remote files add `integrity: sha256-…`.',
  source: ['GitLab, CI/CD YAML reference: `include:integrity`', 'GitLab, "CI/CD components": best practices'],
  traps: [],
  bad: pipeline('include:\n  - remote: https://example.com/ci.yml\ntest:\n  script: pytest\n'),
  good: pipeline('test:\n  script: pytest\n'),
  *check(project) {
    const { pipeline: planned } = project
    for (const { address } of planned?.record.texts ?? []) {
      const what = looseInclude(address)
      const at = what === undefined ? undefined : namedIn(project, labelIn(address))
      if (what !== undefined && at !== undefined) yield { ...at, what }
    }
  },
}

type Address = NonNullable<Project['pipeline']>['record']['texts'][number]['address']

function looseInclude(address: Address): string | undefined {
  const label = labelOf(address).slice(0, 100)
  if (address.kind === 'remote') return address.integrity === null ? `${label} may change` : undefined
  if (address.kind === 'component')
    return /@(?:~latest|\d+(?:\.\d+)?|main|master|HEAD)$/.test(address.address)
      ? `${label} may change`
      : undefined
  const ref = address.kind === 'file' ? address.repository?.ref : undefined
  if (ref === undefined || /^[0-9a-f]{40}$/.test(ref) || /^v?\d+(?:\.\d+)+/.test(ref)) return undefined
  return `${label} is taken from ${ref.slice(0, 100)}, which moves`
}

function labelIn(address: Address): string {
  if (address.kind === 'remote') return address.url
  if (address.kind === 'component') return address.address.slice(address.address.indexOf('/') + 1)
  return address.kind === 'file' ? address.path : address.name
}

function namedIn({ pipeline: planned, files }: Project, label: string): Hit | undefined {
  const candidates = [...(planned === undefined ? [] : [planned.file]), ...files.values()]
  for (const file of candidates) {
    const at = file.text.indexOf(label)
    if (at >= 0) return { ...file.position(at), what: '' }
  }
  return planned === undefined ? undefined : { ...planned.file.position(0), what: '' }
}

const NO_TLS: readonly (readonly [program: string, option: string])[] = [
  ['curl', '--insecure'],
  ['curl', '-k'],
  ['wget', '--no-check-certificate'],
  ['pip', '--trusted-host'],
  ['uv', '--allow-insecure-host'],
]

const withoutTls: Rule = {
  code: 'WS508',
  severity: 'error',
  title: 'a server that is not checked',
  what: 'curl, wget, pip or git is told not to check the certificate of the server.',
  consequence:
    'An attacker on the network answers in the place of the server, and gets the token that was meant for it.',
  fix: 'Name the certificate authority: `--cacert`, `SSL_CERT_FILE`, `PIP_CERT`.',
  source: ['curl(1): `--insecure`'],
  traps: [],
  bad: pipeline('get:\n  script: curl --insecure --fail --output a https://gitlab.example.com/a\n'),
  good: pipeline('get:\n  script: curl --cacert ca.pem --fail --output a https://gitlab.example.com/a\n'),
  *check(project) {
    for (const placed of startedAnywhere(project))
      if (skipsTls(placed)) yield hit(placed, placed.invocation.at, 'any server will do')
    for (const { name, node } of setVariables(project))
      if (/^(?:GIT_SSL_NO_VERIFY|PIP_TRUSTED_HOST)$/.test(name) && String(node.value) !== '')
        yield hitAt(node.at, `${name} lets any server do`)
  },
}

function skipsTls({ invocation }: PlacedCommand): boolean {
  if (invocation === undefined) return false
  if (invocation.program === 'curl' && hasLetter(invocation, 'k')) return true
  if (invocation.args.some(({ text }) => /^http\.sslVerify=(?:false|0)$/i.test(text))) return true
  return NO_TLS.some(([program, option]) => program === invocation.program && hasOption(invocation, option))
}

export const pinRules: readonly Rule[] = [
  unpinnedImage,
  endOfLife,
  unpinnedPackages,
  systemPackages,
  unpinnedInclude,
  withoutTls,
]
