import { formatTime, printable, printableAscii } from '../../base/index.ts'
import type { Identity } from '../../identity/index.ts'
import { verifyErrors } from '../errors.ts'
import type { Check, CheckName, Verdict } from './verdict.ts'

const WORDS: Readonly<Record<Check['outcome'], string>> = {
  passed: 'passed',
  failed: 'FAILED',
  undecided: 'undecided',
  'not-applicable': 'skipped',
}
const WORD_COLUMNS = 9
const TITLE_COLUMNS = 18

/** One sentence on what was decided about `name`, which is the caller's; lower case, without a stop. */
export function verdictSentence(verdict: Verdict, name: string): string {
  if (verdict.verified) {
    const { identity, keySha256, signedAtSeconds, logIndex } = verdict
    const signer = identity === undefined ? `the key sha256:${keySha256}` : signerOf(identity)
    return `${printable(name)} was signed by ${signer} at ${formatTime(signedAtSeconds)}, log index ${logIndex}`
  }
  const check = refusingCheck(verdict)
  return `${printable(name)} is refused: ${printableAscii(check?.reason ?? 'a check did not pass')} [${verdict.reason}]`
}

function signerOf({ san, issuer, extensions }: Identity): string {
  const run = extensions.runInvocationUri
  return `${printableAscii(san)} (issuer ${printableAscii(issuer)})${run === undefined ? '' : ` in ${printableAscii(run)}`}`
}

/** What to do about a refusal; undefined for what is verified. */
export function verdictHint(verdict: Verdict): string | undefined {
  return verdict.verified ? undefined : verifyErrors(verdict.reason, '').hint
}

/** Every check on a line of its own; what was expected and what was found stand under each other. */
export function checkLines({ checks }: Pick<Verdict, 'checks'>): readonly string[] {
  return checks.flatMap((check) => [checkLine(check), ...comparisonLines(check)])
}

/** The outcome in a word, the check as Sigstore calls it, the reason. */
export function checkLine({ name, outcome, reason }: Check): string {
  return columns(WORDS[outcome], TITLES[name], reason)
}

/** What was expected above what was found, in one column; nothing where there is nothing to compare. */
export function comparisonLines({ expected, found }: Check): readonly string[] {
  return [
    ...(expected === undefined ? [] : [columns('', 'expected', expected)]),
    ...(found === undefined ? [] : [columns('', 'found', found)]),
  ]
}

function columns(word: string, title: string, text: string): string {
  return `${word.padEnd(WORD_COLUMNS)} ${title.padEnd(TITLE_COLUMNS)} ${printableAscii(text)}`
}

const TITLES: Readonly<Record<CheckName, string>> = {
  bundle: 'bundle',
  certificate: 'certificate',
  key: 'public key',
  'code-signing': 'key usage',
  chain: 'certificate chain',
  sct: 'SCT',
  identity: 'identity',
  issuer: 'issuer',
  claims: 'claims',
  signature: 'signature',
  logged: 'log entry',
  entry: 'entry body',
  inclusion: 'inclusion proof',
  checkpoint: 'checkpoint',
  set: 'SET',
  timestamp: 'RFC 3161 timestamp',
  time: 'time of signing',
  attestation: 'attestation',
  policy: 'policy',
}

function refusingCheck(verdict: Verdict & { readonly verified: false }): Check | undefined {
  return verdict.checks.find(({ name }) => `verify.${name}` === verdict.reason)
}
