import type { PlacedCommand } from '../project/project.ts'
import type { Word } from '../shell/command.ts'
import { hasLetter, hasOption, optionValues, type Invocation } from '../shell/program.ts'
import {
  everywhere,
  hit,
  hitAt,
  inJobs,
  jobSequences,
  namesSecret,
  removal,
  setVariables,
  started,
  startedAnywhere,
} from './look.ts'
import { pipeline, type Rule } from './rule.ts'

/** A password in front of the host; what is no secret there would be no use. */
const IN_URL =
  /:\/\/(?:[^/\s@:"']*:[^/\s@"']+|\$\{?\w*(?:TOKEN|PASSWORD|SECRET)\w*\}?)@|[?&](?:private|job|access)_token=/i

const tokenInUrl: Rule = {
  code: 'WS101',
  severity: 'error',
  title: 'a token in a URL',
  what: 'A URL in a command or a variable has a user and a password in it, or a token as a parameter.',
  consequence:
    'Everybody on the machine can read the token in the list of processes, and it ends up in logs, error messages and the logs of proxies.',
  fix: 'Give pip and curl the token in a netrc file (`--netrc-file`, or the variable `NETRC`) that only the job can read.',
  source: ['GitLab, CI/CD job token: "Job token security"', 'pip, "Authentication": netrc support'],
  traps: ['S14'],
  bad: pipeline(`job:
  script:
    - pip download --index-url "https://gitlab-ci-token:\${CI_JOB_TOKEN}@gitlab.example.com/simple" demo
`),
  good: pipeline(`job:
  script:
    - printf 'machine %s login gitlab-ci-token password %s\\n' "$CI_SERVER_HOST" "$CI_JOB_TOKEN" > "$NETRC"
    - pip download --index-url "https://gitlab.example.com/simple" demo
`),
  *check(project) {
    for (const placed of everywhere(project))
      for (const word of wordsAndValues(placed))
        if (IN_URL.test(word.text)) yield hit(placed, word, 'a URL has a token or a password in it')
    for (const { name, node } of setVariables(project))
      if (IN_URL.test(String(node.value)))
        yield hitAt(node.at, `${name} is a URL with a token or a password in it`)
  },
}

function wordsAndValues({ command }: PlacedCommand): readonly Word[] {
  return [...command.words, ...command.assignments.map(({ value }) => value)]
}

const idTokenInArguments: Rule = {
  code: 'WS102',
  severity: 'error',
  title: 'an id token on the command line',
  what: '`--identity-token` is given a token. A file is fine.',
  consequence:
    'Every reader of the list of processes, or of a trace of the shell, can sign as this project until the token expires.',
  fix: 'Leave the option out: cosign and wheelseal read `SIGSTORE_ID_TOKEN` from the environment.',
  source: [
    'cosign, `cosign sign-blob --help`: token or path to it',
    'GitLab, "Use Sigstore for keyless signing"',
  ],
  traps: ['S11'],
  bad: pipeline(`sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --identity-token $SIGSTORE_ID_TOKEN --bundle a.sigstore.json a
`),
  good: pipeline(`sign:
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`),
  *check(project) {
    for (const placed of startedAnywhere(project, 'cosign', 'wheelseal', 'sigstore'))
      for (const { text, word } of optionValues(placed.invocation, '--identity-token')) {
        if (!namesSecret(text) && !text.startsWith('ey')) continue
        const start = placed.invocation.args[placed.invocation.args.indexOf(word) - 1]
        const from = word.text.startsWith('--') || start === undefined ? word : start
        const isRead = /^\$\{?SIGSTORE_ID_TOKEN\}?$/.test(text)
        yield {
          ...hit(placed, from, 'the id token is an argument'),
          ...(isRead ? { edits: removal(placed, { start: from.start, end: word.end }) } : {}),
        }
      }
  },
}

const LOUD = ['--verbose', '-v', '-vv', '-vvv', '--trace']

function printsSecret(placed: PlacedCommand, invocation: Invocation): string | undefined {
  const { program } = invocation
  if (isLoud(invocation) && hasSecret(placed, program))
    return `${program} is told to print what it does, and has a token`
  if (!isShown(placed)) return undefined
  const { words } = placed.command
  const isEcho = program === 'echo' || program === 'printf'
  if (isEcho && words.some(({ text, isLiteral }) => !isLiteral && namesSecret(text)))
    return 'a token is printed'
  const isAll = words.length === 1 && (program === 'printenv' || program === 'env')
  return isAll ? 'all variables are printed' : undefined
}

function isLoud(invocation: Invocation): boolean {
  return hasOption(invocation, ...LOUD) || (invocation.program === 'curl' && hasLetter(invocation, 'v'))
}

function hasSecret({ command }: PlacedCommand, program: string): boolean {
  return command.words.some(({ text }) => IN_URL.test(text) || (program === 'curl' && namesSecret(text)))
}

/** What it prints goes to the log. */
function isShown(placed: PlacedCommand): boolean {
  const { after, redirects } = placed.command
  return (
    after !== '|' && !redirects.some(({ operator }) => operator.startsWith('>')) && !isInSubstitution(placed)
  )
}

function isInSubstitution({ command }: PlacedCommand): boolean {
  return command.block?.kind === 'substitution'
}

const tokenInLog: Rule = {
  code: 'WS103',
  severity: 'warning',
  title: 'a token that may be printed',
  what: 'A command with a token is told to print what it does (`--verbose`, `curl -v`), a token or all variables are printed, `set -x` is on in a job that handles tokens, or `CI_DEBUG_TRACE` is set.',
  consequence: 'The token stands in the log of the job, where masking is best effort only.',
  fix: 'Take the option out, or keep the token out of the command.',
  source: ['GitLab, "Mask a CI/CD variable": masking is not a guaranteed way', 'GitLab, "Debug logging"'],
  traps: ['S14'],
  bad: pipeline(`job:
  script:
    - curl --verbose --fail --header "JOB-TOKEN:$CI_JOB_TOKEN" --output a "$URL"
`),
  good: pipeline(`job:
  script:
    - curl --fail --netrc-file "$NETRC" --output a "$URL"
`),
  *check(project) {
    for (const placed of startedAnywhere(project)) {
      const what = printsSecret(placed, placed.invocation)
      if (what !== undefined) yield hit(placed, placed.invocation.at, what)
    }
    for (const sequence of jobSequences(project).filter(({ commands }) => commands.some(usesSecret)))
      for (const placed of started(sequence, 'set'))
        if (isTracing(placed.invocation))
          yield hit(placed, placed.invocation.at, 'the shell prints every command, with the tokens in them')
    for (const { name, node } of setVariables(project))
      if (name === 'CI_DEBUG_TRACE' && String(node.value) === 'true')
        yield hitAt(node.at, 'CI_DEBUG_TRACE prints every command and every variable')
  },
}

function usesSecret({ command }: PlacedCommand): boolean {
  return command.words.some(({ text }) => namesSecret(text))
}

function isTracing(invocation: Invocation): boolean {
  return hasLetter(invocation, 'x') || invocation.args.some(({ text }) => text === 'xtrace')
}

const CREDENTIAL_FILE = /(?:^|\/)(?:\.pypirc|pip\.conf|\.git-credentials|\.netrc|\.npmrc)$/

const tokenInFile: Rule = {
  code: 'WS104',
  severity: 'warning',
  title: 'a token written into a configuration file',
  what: 'A job writes `.pypirc`, `.netrc`, `pip.conf`, `.git-credentials` or `.npmrc`. A file made by `mktemp` is fine.',
  consequence:
    'On a shell runner the file stays behind for the next job, and with the variables of twine set it is not even read.',
  fix: 'Set `TWINE_USERNAME` and `TWINE_PASSWORD` for the command that needs them, and write no file.',
  source: ['twine, "Environment variables"', 'GitLab, "Authenticate with the package registry"'],
  traps: ['S15'],
  bad: pipeline(`publish:
  script:
    - |
      cat << EOF > ~/.pypirc
      [gitlab]
      password = \${CI_JOB_TOKEN}
      EOF
`),
  good: pipeline(`publish:
  script:
    - TWINE_USERNAME=gitlab-ci-token TWINE_PASSWORD=$CI_JOB_TOKEN twine upload dist/*
  rules:
    - if: $CI_COMMIT_TAG
`),
  *check(project) {
    for (const placed of inJobs(project))
      for (const word of writtenFiles(placed))
        if (CREDENTIAL_FILE.test(word.text)) yield hit(placed, word, `${word.text} is written`)
  },
}

function writtenFiles({ command, invocation }: PlacedCommand): readonly Word[] {
  const targets = command.redirects
    .filter(({ operator }) => operator.startsWith('>'))
    .map(({ target }) => target)
  return invocation?.program === 'tee' ? [...targets, ...invocation.args] : targets
}

const PASSWORD_OPTIONS = [
  '--password',
  '-p',
  '--token',
  '-t',
  '--user',
  '-u',
  '--header',
  '-H',
  '--auth',
  '-a',
]
const TAKES_PASSWORD = new Set([
  'twine',
  'curl',
  'uv',
  'poetry',
  'hatch',
  'docker',
  'podman',
  'buildah',
  'skopeo',
  'wget',
  'glab',
])

const passwordInArguments: Rule = {
  code: 'WS108',
  severity: 'warning',
  title: 'a password or a token on the command line',
  what: 'A job gives twine, curl, uv, poetry, docker and the like a token as an option or a header. `twine` and `uv` read variables, curl a netrc file.',
  consequence: 'On a machine that others use, the list of processes shows it.',
  fix: 'Use `TWINE_PASSWORD` or `UV_PUBLISH_TOKEN`, `curl --netrc-file`, or `--password-stdin`.',
  source: ['curl(1): `--netrc-file`', 'twine, "Environment variables"'],
  traps: [],
  bad: pipeline('job:\n  script:\n    - curl --fail --header "JOB-TOKEN:$CI_JOB_TOKEN" --output a "$URL"\n'),
  good: pipeline('job:\n  script:\n    - curl --fail --netrc-file "$NETRC" --output a "$URL"\n'),
  *check(project) {
    for (const placed of inJobs(project)) {
      const { invocation } = placed
      if (invocation === undefined || !TAKES_PASSWORD.has(invocation.program)) continue
      for (const { text, word } of optionValues(invocation, ...PASSWORD_OPTIONS))
        if (namesSecret(text) && !word.isLiteral)
          yield hit(placed, word, `${invocation.program} gets a token as an argument`)
    }
  },
}

export const secretRules: readonly Rule[] = [
  tokenInUrl,
  idTokenInArguments,
  tokenInLog,
  tokenInFile,
  passwordInArguments,
]
