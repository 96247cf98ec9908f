import { blocksAround } from '../shell/command.ts'
import { hasOption, optionValues } from '../shell/program.ts'
import {
  expandedOnce,
  hit,
  hitAt,
  isCosignVerify,
  isVerifying,
  jobSequences,
  sequences,
  started,
  startedAnywhere,
  type Sequence,
  type Started,
} from './look.ts'
import { pipeline, type Rule } from './rule.ts'

const VERIFY =
  'cosign verify-blob --bundle "$file.sigstore.json" --certificate-identity "$I" --certificate-oidc-issuer "$O" "$file"'

/** What a pattern fixes before its first wildcard. */
function literalPrefix(pattern: string): string {
  let prefix = ''
  for (let at = pattern.startsWith('^') ? 1 : 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? ''
    const next = pattern[at + 1] ?? ''
    if (character === '\\' && /[^A-Za-z0-9]/.test(next)) {
      prefix += next
      at += 1
    } else if (character === '.' ? /[*+?{]/.test(next) : /[*+?()[\]{}|\\$]/.test(character)) {
      return /[*?{]/.test(character) ? prefix.slice(0, -1) : prefix
    } else prefix += character
  }
  return prefix
}

/** Anybody with an account satisfies it: it fixes neither a group nor the domain of an address. */
function isOpenIdentity(pattern: string): boolean {
  if (pattern.includes('$') && /\$\{?\w/.test(pattern)) return false
  if (/@[\w\\.-]+\.\w+\$?$/.test(pattern) && !pattern.includes('refs')) return false
  const parts = pattern.includes('(') ? [pattern] : pattern.split('|')
  return parts.some((part) => !/^https?:\/\/[^/]+\/[^/]+\//.test(literalPrefix(part)))
}

function isOpenIssuer(pattern: string): boolean {
  if (/\$\{?\w/.test(pattern)) return false
  return pattern
    .split('|')
    .some((part) => !/^https?:\/\/[\w-]+(?:\.[\w-]+)*\.\w+|^https?:\/\/localhost/.test(literalPrefix(part)))
}

const anyone: Rule = {
  code: 'WS302',
  severity: 'error',
  title: 'an identity that anyone has',
  what: 'A pattern for the identity fixes neither a group of a host nor the domain of an e-mail address, or one for the issuer no host: `.*`, `https://gitlab.com/.*`.',
  consequence: 'Everybody with an account can make a signature that passes.',
  fix: 'Name the identity in full with `--certificate-identity`, or fix host and project in the pattern: `^https://gitlab\\.com/group/project//`.',
  source: ['cosign, "Verifying signatures": identity flags', 'Sigstore, "Security model"'],
  traps: [],
  bad: pipeline(
    `verify:\n  script: cosign verify-blob --bundle b --certificate-identity-regexp '.*' --certificate-oidc-issuer https://gitlab.com a\n`,
  ),
  good: pipeline(
    `verify:\n  script: cosign verify-blob --bundle b --certificate-identity-regexp '^https://gitlab\\.com/acme/demo//' --certificate-oidc-issuer https://gitlab.com a\n`,
  ),
  *check(project) {
    for (const placed of startedAnywhere(project)) {
      if (!isVerifying(placed)) continue
      const { invocation, job } = placed
      for (const { text, word } of optionValues(
        invocation,
        '--certificate-identity-regexp',
        '--cert-identity-regexp',
      ))
        if (isOpenIdentity(expandedOnce(text, job)))
          yield hit(placed, word, 'the pattern matches identities of strangers')
      for (const { text, word } of optionValues(invocation, '--certificate-oidc-issuer-regexp'))
        if (isOpenIssuer(expandedOnce(text, job))) yield hit(placed, word, 'the pattern matches every issuer')
    }
  },
}

const IDENTITIES = ['--certificate-identity', '--cert-identity', '--identity']
const ISSUERS = ['--certificate-oidc-issuer', '--cert-oidc-issuer', '--issuer']

const wrongIssuer: Rule = {
  code: 'WS303',
  severity: 'error',
  title: 'an issuer that does not issue for this identity',
  what: 'The identity is a pipeline of a GitLab, and the issuer is not the URL of that GitLab, letter for letter.',
  consequence: 'Every good signature is refused, so that people look for a way around the check.',
  fix: 'Write the issuer as the identity begins: `https://gitlab.com`, without a slash at its end.',
  source: ['Fulcio, "OIDC": gitlab-pipeline', 'GitLab, "Use Sigstore for keyless signing"'],
  traps: [],
  bad: pipeline(
    `verify:\n  script: cosign verify-blob --bundle b --certificate-identity https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1 --certificate-oidc-issuer https://gitlab.com/ a\n`,
  ),
  good: pipeline(
    `verify:\n  script: cosign verify-blob --bundle b --certificate-identity https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1 --certificate-oidc-issuer https://gitlab.com a\n`,
  ),
  *check(project) {
    for (const placed of startedAnywhere(project)) {
      const [identity] = isVerifying(placed) ? optionValues(placed.invocation, ...IDENTITIES) : []
      const [issuer] = optionValues(placed.invocation, ...ISSUERS)
      if (identity === undefined || issuer === undefined) continue
      const found = expandedOnce(issuer.text, placed.job)
      const host = otherIssuer(found, expandedOnce(identity.text, placed.job))
      if (host !== undefined)
        yield hit(placed, issuer.word, `the issuer ${found.slice(0, 100)} is not that of ${host}`)
    }
  },
}

/** The host of the identity, if the issuer is not the GitLab on it. */
function otherIssuer(issuer: string, identity: string): string | undefined {
  if (!/^https?:\/\/\S+\/\/\S*\.ya?ml@refs\//.test(identity) || issuer.includes('$')) return undefined
  const host = /^https?:\/\/[^/$]+(?=\/)/.exec(identity)?.[0]
  // A GitLab may live under a path.
  return host !== undefined && (issuer.endsWith('/') || !issuer.startsWith(host)) ? host : undefined
}

const KEYED = ['--key', '--sk', '--help', '-h']

const noIdentity: Rule = {
  code: 'WS304',
  severity: 'error',
  title: 'a verification without an identity',
  what: '`cosign verify-blob` without a key names no identity, or no issuer.',
  consequence: 'cosign 2 and later refuse the command; older versions take the signature of any account.',
  fix: 'Add `--certificate-identity` and `--certificate-oidc-issuer`.',
  source: ['cosign changelog, 2.0.0'],
  traps: [],
  bad: pipeline(`verify:\n  script: cosign verify-blob --bundle b a\n`),
  good: pipeline(
    `verify:\n  script: cosign verify-blob --bundle b --certificate-identity "$I" --certificate-oidc-issuer "$O" a\n`,
  ),
  *check(project) {
    for (const placed of startedAnywhere(project)) {
      if (!isCosignVerify(placed) || hasOption(placed.invocation, ...KEYED)) continue
      const has = (name: string): boolean => hasOption(placed.invocation, name, `${name}-regexp`)
      if (!has('--certificate-identity')) yield hit(placed, placed.invocation.at, 'no identity is expected')
      else if (!has('--certificate-oidc-issuer'))
        yield hit(placed, placed.invocation.at, 'no issuer is expected')
    }
  },
}

const OFF = [
  '--insecure-ignore-tlog',
  '--insecure-ignore-sct',
  '--private-infrastructure',
  '--insecure-skip-verify',
]

const switchedOff: Rule = {
  code: 'WS305',
  severity: 'error',
  title: 'a check that is switched off',
  what: 'Verification is told to ignore the transparency log or the proof that the certificate was logged.',
  consequence: 'A certificate that was issued in secret passes, and its owner never learns of it.',
  fix: 'Leave the option out; for a private Sigstore name its trust root with `--trusted-root`.',
  source: ['cosign, `cosign verify-blob --help`'],
  traps: [],
  bad: pipeline(
    `verify:\n  script: cosign verify-blob --insecure-ignore-tlog --bundle b --certificate-identity "$I" --certificate-oidc-issuer "$O" a\n`,
  ),
  good: pipeline(
    `verify:\n  script: cosign verify-blob --bundle b --certificate-identity "$I" --certificate-oidc-issuer "$O" a\n`,
  ),
  *check(project) {
    for (const placed of startedAnywhere(project))
      for (const word of isVerifying(placed) ? placed.invocation.args : [])
        if (OFF.some((name) => word.text === name || word.text === `${name}=true`))
          yield hit(placed, word, `${word.text} switches a check off`)
  },
}

/** What is behind `||` follows at once, but for what stands in `$( )`. */
const NEAR = 50

/** Whether its failure is thrown away: `|| true`, also behind the loop around it. */
function isForgiven({ command: own, index, all }: Started): boolean {
  const ends = [own.after, ...[...blocksAround(own)].map(({ after }) => after)]
  if (!ends.includes('||')) return false
  const next = all.slice(index + 1, index + NEAR).find(({ command }) => command.before === '||')
  if (next === undefined) return false
  const { invocation, command } = next
  const isHarmless = invocation !== undefined && ['true', ':', 'echo', 'printf'].includes(invocation.program)
  return isHarmless && command.after !== '&&' && command.after !== '||'
}

/** The verifications behind `set +e`, whose outcome nothing asks for. */
function* unheeded(sequence: Sequence): Generator<Started> {
  let isOff = false
  for (const placed of started(sequence)) {
    const { invocation, command } = placed
    const change =
      invocation.program === 'set' ? invocation.args.find(({ text }) => /^[+-]e/.test(text)) : undefined
    if (change !== undefined) isOff = change.text.startsWith('+')
    const isAsked = command.isCondition || command.after === '&&' || command.after === '||'
    if (isOff && !isAsked && isVerifying(placed)) yield placed
  }
}

const forgiven: Rule = {
  code: 'WS306',
  severity: 'error',
  title: 'a verification whose failure is ignored',
  what: '`|| true` or `|| echo` behind a verification, `set +e` before it, or `allow_failure: true` on its job.',
  consequence: 'A forged file goes through all later stages.',
  fix: 'Let the job fail.',
  source: ['GitLab, CI/CD YAML reference: `allow_failure`'],
  traps: [],
  bad: pipeline(`verify:\n  script:\n    - ${VERIFY} || true\n`),
  good: pipeline(`verify:\n  script:\n    - ${VERIFY}\n`),
  *check(project) {
    for (const sequence of sequences(project))
      for (const placed of ignored(sequence))
        yield hit(placed, placed.invocation.at, 'its failure is ignored')
    for (const { job } of jobSequences(project).filter(({ commands }) => commands.some(isVerifying))) {
      const allowed = job.keywords.entries.get('allow_failure')
      if (allowed?.value.kind === 'scalar' && allowed.value.value === true)
        yield hitAt(allowed.keyAt, `the job ${job.name} verifies, and may fail`)
    }
  },
}

function* ignored(sequence: Sequence): Generator<Started> {
  for (const placed of started(sequence)) if (isVerifying(placed) && isForgiven(placed)) yield placed
  yield* unheeded(sequence)
}

export const verificationRules: readonly Rule[] = [anyone, wrongIssuer, noIdentity, switchedOff, forgiven]
