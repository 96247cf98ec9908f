import { hasLetter, hasOption, type Invocation } from '../shell/program.ts'
import type { Project } from '../project/project.ts'
import {
  editOf,
  hit,
  hitAt,
  isChecksum,
  isCosignVerify,
  isUpload,
  isVerifying,
  jobSequences,
  pipVerb,
  sequences,
  setVariables,
  started,
  startedAnywhere,
} from './look.ts'
import { pipeline, type Rule } from './rule.ts'

const VERIFY =
  'cosign verify-blob --bundle a.sigstore.json --certificate-identity "$I" --certificate-oidc-issuer "$O" pkg/*.whl'
const INDEX = [
  '--index-url',
  '-i',
  '--index',
  '--default-index',
  '--extra-index-url',
  '--no-index',
  '--find-links',
  '-f',
]

/** What is named for pip to get: neither a file nor an option nor its value. */
function requirements({ args }: Invocation): readonly string[] {
  const values =
    /^(?:-[idrcfte]|--(?:index-url|extra-index-url|dest|requirement|constraint|find-links|target|no-binary|only-binary|python-version|platform|abi|implementation|prefix|root|proxy|cert))$/
  return args
    .filter(({ text }, index) => !text.startsWith('-') && !values.test(args[index - 1]?.text ?? ''))
    .map(({ text }) => text)
    .filter(
      (text) =>
        !/^(?:pip|install|download|wheel|sync)$/.test(text) &&
        !/^\.{0,2}\/|^\.$|\.(?:whl|tar\.gz)$/.test(text),
    )
}

/** pip may build what it gets, or will run it: not with wheels alone, and not from files that are there. */
function mayRun(invocation: Invocation): boolean {
  const verb = pipVerb(invocation)
  if (verb === undefined || hasOption(invocation, '--no-index', '--require-hashes')) return false
  const onlyWheels = invocation.args.some(
    ({ text }, index) =>
      text === '--only-binary=:all:' ||
      (text === '--only-binary' && invocation.args[index + 1]?.text === ':all:'),
  )
  if (verb === 'download' || verb === 'wheel') return !onlyWheels
  // What is installed by a fixed name is a tool; what comes from a variable or another index is what will be verified.
  return (
    verb === 'install' &&
    (hasOption(invocation, ...INDEX) || requirements(invocation).some((one) => one.includes('$')))
  )
}

const runBefore: Rule = {
  code: 'WS311',
  severity: 'error',
  title: 'code that runs before it is verified',
  what: 'pip downloads or installs, before a verification in the same job or page, without `--only-binary=:all:` or `--no-index`: from a source distribution it runs the build back end, also for `pip download`, and gets build requirements from the same index.',
  consequence: 'An attacker has won, with the tokens of the job, before the signature is looked at.',
  fix: 'Get the files by their URLs and digests (`wheelseal fetch`), verify, and only then give them to pip with `--no-index`.',
  source: ['pip, "pip download"', 'PEP 517: metadata is prepared by the build back end'],
  traps: ['S1', 'S2'],
  bad: pipeline(`consume:
  script:
    - 'pip download --no-deps --no-binary :all: "$NAME==$VERSION" -d pkg'
    - ${VERIFY}
`),
  good: pipeline(`consume:
  script:
    - wheelseal fetch "$NAME==$VERSION" --dest pkg
    - ${VERIFY}
    - pip install --no-index --no-deps pkg/*.whl
`),
  *check(project) {
    for (const sequence of sequences(project)) {
      const last = sequence.commands.findLastIndex(isVerifying)
      for (const placed of started(sequence))
        if (placed.index < last && mayRun(placed.invocation))
          yield hit(placed, placed.invocation.at, 'pip may run what is verified only afterwards')
    }
  },
}

const oneWheel: Rule = {
  code: 'WS312',
  severity: 'note',
  title: 'only the wheel of this machine is verified',
  what: '`pip download` before a verification gets the one wheel that fits the job, and no list of files is compared.',
  consequence: 'The wheels of other platforms are never looked at.',
  fix: 'Take the list of files from the index or from the build (`sha256sum --check SHA256SUMS`), and verify each.',
  source: ['pip, "pip download"'],
  traps: ['C19'],
  bad: pipeline(
    `consume:\n  script:\n    - 'pip download --only-binary=:all: demo==1 -d pkg'\n    - ${VERIFY}\n`,
  ),
  good: pipeline(
    `consume:\n  script:\n    - 'pip download --only-binary=:all: demo==1 -d pkg'\n    - sha256sum --check SHA256SUMS\n    - ${VERIFY}\n`,
  ),
  *check(project) {
    for (const sequence of jobSequences(project)) {
      const last = sequence.commands.findLastIndex(isVerifying)
      for (const placed of sequence.commands.some(isChecksum) ? [] : started(sequence))
        if (placed.index < last && pipVerb(placed.invocation) === 'download')
          yield hit(placed, placed.invocation.at, 'only the files that fit this machine are fetched')
    }
  },
}

function normalized(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
}

/** This project's package, or a name that stands for it. */
function isOwnPackage(requirement: string, { pyproject, surroundings }: Project): boolean {
  const name = normalized(/^[\w.-]+/.exec(requirement)?.[0] ?? '')
  const table = pyproject?.value['project'] as { readonly name?: unknown } | undefined
  const own = [table?.name, surroundings.projectPath.split('/').at(-1)]
    .filter((one) => typeof one === 'string')
    .map(normalized)
  return own.includes(name) || /^your-|^my-package/.test(name)
}

const withoutIndex: Rule = {
  code: 'WS313',
  severity: 'error',
  title: 'instructions that ask the wrong index',
  what: 'A page installs or downloads this package without naming an index, and the pipeline publishes it to GitLab only.',
  consequence:
    'pip asks PyPI: the readers of the page run the code of any stranger who registers the name there.',
  fix: 'Print the index: `pip install --index-url https://GITLAB/api/v4/projects/ID/packages/pypi/simple NAME`.',
  source: ['GitLab, "PyPI packages in the package registry": install a package', 'CVE-2018-20225'],
  traps: ['S3'],
  bad: {
    '.gitlab-ci.yml':
      'publish:\n  script: twine upload --repository-url "$CI_API_V4_URL/projects/1/packages/pypi" dist/*\n',
    'README.md': '```sh\npip download demo==1.0.0 --no-deps\n```\n',
  },
  good: {
    '.gitlab-ci.yml':
      'publish:\n  script: twine upload --repository-url "$CI_API_V4_URL/projects/1/packages/pypi" dist/*\n',
    'README.md':
      '```sh\npip download --index-url https://gitlab.example.com/api/v4/projects/1/packages/pypi/simple demo==1.0.0\n```\n',
  },
  *check(project) {
    if (!publishesToGitLab(project)) return
    for (const page of project.pages)
      for (const placed of started({ job: undefined, commands: page.commands })) {
        const verb = pipVerb(placed.invocation)
        const isBare = (verb === 'install' || verb === 'download') && !hasOption(placed.invocation, ...INDEX)
        if (isBare && requirements(placed.invocation).some((one) => isOwnPackage(one, project)))
          yield hit(placed, placed.invocation.at, 'asks PyPI for a package that is published to GitLab')
      }
  },
}

function publishesToGitLab(project: Project): boolean {
  const uploads = jobSequences(project).flatMap(({ commands }) => commands.filter(isUpload))
  const isToGitLab = uploads.some(({ command }) =>
    command.words.some(({ text }) => /CI_API_V4_URL|\/packages\/pypi/.test(text)),
  )
  const isByVariable = [...setVariables(project)].some(
    ({ name, node }) =>
      /REPOSITORY_URL|PUBLISH_URL/.test(name) && /PYPI_URL|packages\/pypi|CI_API/.test(String(node.value)),
  )
  return isToGitLab || (uploads.length > 0 && isByVariable)
}

const secondIndex: Rule = {
  code: 'WS314',
  severity: 'warning',
  title: 'a second index',
  what: '`--extra-index-url`, or the variable of pip or uv for it.',
  consequence:
    'pip takes the highest version of both indexes: a stranger who registers the name on the public one wins.',
  fix: 'Give one `--index-url`, of an index that forwards what it does not have, or none and `--no-index`.',
  source: ['CVE-2018-20225', 'pip issues 8606 and 9612'],
  traps: ['S4'],
  bad: pipeline('test:\n  script: pip install --extra-index-url https://gitlab.example.com/simple demo\n'),
  good: pipeline('test:\n  script: pip install --index-url https://gitlab.example.com/simple demo\n'),
  *check(project) {
    for (const placed of startedAnywhere(project))
      if (pipVerb(placed.invocation) !== undefined && hasOption(placed.invocation, '--extra-index-url'))
        yield hit(placed, placed.invocation.at, 'two indexes may have the name')
    for (const { name, node } of setVariables(project))
      if (/^(?:PIP_EXTRA_INDEX_URL|UV_EXTRA_INDEX_URL)$/.test(name))
        yield hitAt(node.at, `${name} adds a second index`)
  },
}

const FAILS = ['--fail', '--fail-with-body', '--write-out', '-w', '--help', '--version']

/** It keeps or sends a file, or hands on what it gets. */
function keeps(invocation: Invocation, { isPiped }: { readonly isPiped: boolean }): boolean {
  const isFile = hasOption(invocation, '--output', '-o', '--remote-name', '-O', '--upload-file', '-T')
  return (
    isFile ||
    isPiped ||
    hasLetter(invocation, 'o') ||
    hasLetter(invocation, 'O') ||
    hasLetter(invocation, 'T')
  )
}

const curlWithoutFail: Rule = {
  code: 'WS315',
  severity: 'warning',
  title: 'curl that takes an error page for a file',
  what: '`curl` keeps, sends or pipes a file without `--fail` (`-f`). With `--write-out` the status is looked at.',
  consequence:
    'The body of a 401 or 404 counts as the file: kept as a signature, it is reported later as an invalid one; piped into a program, it is what that reads.',
  fix: 'Add `--fail`.',
  source: ['curl(1): `--fail`'],
  traps: ['S21'],
  bad: { 'README.md': '```sh\ncurl --output a.sig "$URL/a.sig"\n```\n' },
  good: { 'README.md': '```sh\ncurl --fail --output a.sig "$URL/a.sig"\n```\n' },
  *check(project) {
    for (const placed of startedAnywhere(project, 'curl')) {
      const { invocation, command } = placed
      if (hasOption(invocation, ...FAILS) || hasLetter(invocation, 'f') || hasLetter(invocation, 'w'))
        continue
      const isPiped =
        command.after === '|' || command.redirects.some(({ operator }) => operator.startsWith('>'))
      if (!keeps(invocation, { isPiped })) continue
      const { end } = invocation.at
      yield {
        ...hit(placed, invocation.at, 'an error page would be taken for the file'),
        edits: editOf(placed, { start: end, end, text: ' --fail' }),
      }
    }
  },
}

const OFFLINE = ['--bundle', '--offline', '--trusted-root', '--rekor-url', '--key']

const networkNeeded: Rule = {
  code: 'WS316',
  severity: 'note',
  title: 'a verification that needs the network',
  what: '`cosign verify-blob` with `--certificate`, and neither `--bundle` nor `--trusted-root`, `--offline` or `--rekor-url`.',
  consequence:
    'It asks Rekor and the TUF repository of public Sigstore each time: slow, limited in rate, and impossible in closed networks.',
  fix: 'Verify a bundle with a trust root at hand: `--bundle "$file.sigstore.json" --trusted-root trusted_root.json`, or `wheelseal verify`.',
  source: ['cosign, `cosign verify-blob --help`'],
  traps: ['C21'],
  bad: pipeline(
    'verify:\n  script: cosign verify-blob --certificate a.crt --signature a.sig --certificate-identity $I --certificate-oidc-issuer $O a\n',
  ),
  good: pipeline(
    'verify:\n  script: cosign verify-blob --bundle a.json --certificate-identity $I --certificate-oidc-issuer $O a\n',
  ),
  *check(project) {
    for (const placed of startedAnywhere(project))
      if (
        isCosignVerify(placed) &&
        hasOption(placed.invocation, '--certificate') &&
        !hasOption(placed.invocation, ...OFFLINE)
      )
        yield hit(placed, placed.invocation.at, 'the log is searched over the network')
  },
}

export const consumptionRules: readonly Rule[] = [
  runBefore,
  oneWheel,
  withoutIndex,
  secondIndex,
  curlWithoutFail,
  networkNeeded,
]
