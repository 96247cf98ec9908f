import { isoTime, type JsonValue, type WheelsealError } from '../base/index.ts'
import type { FileOutcome } from '../app/verify/index.ts'
import { checkLines, comparisonLines, type Check, type Identity } from '../verify/index.ts'

/** One line for a file that is well. */
export function verifiedLine({ message: sentence, askedLog, file }: FileOutcome): string {
  const message = plain(sentence)
  if (askedLog === undefined) return message
  const bundle = file.startsWith('sha256:') ? 'a bundle' : `the bundle ${plain(file)}.sigstore.json`
  return `${message}; time from the log, asked online at ${askedLog} (${bundle} would hold it)`
}

/** The sentence, what was expected and what was found, what else failed, the next step. */
export function refusalLines({ message, hint, checks }: FileOutcome): readonly string[] {
  const [decides, ...others] = checks.filter(({ outcome }) => outcome === 'failed')
  const compared = decides === undefined ? [] : comparisonLines(decides)
  const more = checkLines({ checks: others })
  return [plain(message), ...compared, ...more, ...(hint === undefined ? [] : [`hint: ${hint}`])]
}

/** A file's name may be an enemy's, and hold what moves a terminal's cursor. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return String.raw`\u{${code.toString(16)}}`
  })
}

/** schemas/verify-output.schema.json. `checks` are those of the file that decides: the first that is refused. */
export function reportJson(outcomes: readonly FileOutcome[]): JsonValue {
  const decides = outcomes.find((one) => !one.verified) ?? outcomes[0]
  if (decides === undefined) throw new Error('a report of no file')
  const { verified, reason, message, hint, checks } = decides
  return {
    verified,
    reason,
    message,
    ...(hint === undefined ? {} : { hint }),
    checks: checks.map(checkJson),
    files: outcomes.map(fileJson),
  }
}

/** A failure before any file was looked at. */
export function failureJson(error: WheelsealError): JsonValue {
  const { code: reason, message, hint } = error
  return { verified: false, reason, message, hint, checks: [], files: [] }
}

function fileJson(outcome: FileOutcome): JsonValue {
  const { file, sha256, verified, reason, message, hint, verdict, checks, seal, askedLog } = outcome
  return {
    file,
    ...(sha256 === undefined ? {} : { sha256 }),
    verified,
    reason,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(verdict?.identity === undefined ? {} : { identity: identityJson(verdict.identity) }),
    ...signedAtJson(verdict),
    ...(verdict?.logIndex === undefined ? {} : { logIndex: verdict.logIndex }),
    seal: [...seal],
    ...(askedLog === undefined ? {} : { askedLog }),
    checks: checks.map(checkJson),
  }
}

/** 9999-12-31, the last day that the form has. */
const LAST_SECONDS = 253_402_300_799

/** A bundle may state any number; one that is no day is told by the check `time` alone. */
function signedAtJson(verdict: FileOutcome['verdict']): { readonly signedAt?: string } {
  const seconds = verdict?.signedAtSeconds
  return seconds === undefined || seconds > LAST_SECONDS ? {} : { signedAt: isoTime(seconds) }
}

function identityJson({ san, issuer, claims }: Identity): JsonValue {
  return { san, issuer, claims: { ...claims } }
}

function checkJson(check: Check): JsonValue {
  return { ...check }
}
