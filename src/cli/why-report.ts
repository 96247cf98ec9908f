import type { JsonValue } from '../base/index.ts'
import type { Why } from '../client/why/index.ts'
import type {
  FileReport,
  RefusalReport,
  ReleaseReport,
  ReportedOutcome,
  SignerReport,
} from '../gate/index.ts'

/** Lines have no more, but for file names and command lines, which nobody wants broken. */
const COLUMNS = 60
const COLUMN = 11
const MAX_FILES = 20
/** As the sentence of `verify.identity` and `gate.changed` has it. */
const SIGNED_BY = /^was signed by .*, expected (.*)$/s

/** docs/how-to/why-was-it-refused.md has the shape. */
export function whyJson(why: Why): JsonValue {
  return why as unknown as JsonValue
}

/** The first that decided for what was asked about. */
export function whyLines(why: Why): readonly string[] {
  const { report } = why
  const decisive = decisiveFile(why)
  return [
    ...headline(why, decisive),
    ...comparison(why),
    ...signerRows(decisive),
    ...groundRows(decisive, report),
    ...otherRows(why, decisive),
    ...fileRows(report.files),
    ...instead(why),
    ...nextLines(report.next),
  ]
}

function decisiveFile({ report: { files }, file, refusal, outcome }: Why): FileReport | undefined {
  const asked = file?.fileName ?? refusal?.fileName
  return (
    files.find(({ fileName }) => fileName === asked) ??
    files.find((one) => one.outcome === outcome) ??
    files[0]
  )
}

function headline(why: Why, decisive: FileReport | undefined): readonly string[] {
  const { report, outcome } = why
  const { gate, mode } = report
  const inMode = mode === 'enforce' || outcome === 'allowed' ? '' : ` (mode ${mode})`
  const said = `${subjectOf(why, decisive)} ${verbOf(outcome, mode)} by gate ${gate}${inMode}`
  const decided = decisive?.code ?? report.ground?.code
  if (decided === undefined || outcome === 'allowed') return [said]
  const code = `[${decided}]`
  const room = COLUMNS - said.length - code.length
  return room < 1 ? [said, `  ${code}`] : [`${said}${' '.repeat(room)}${code}`]
}

function subjectOf({ report, file }: Why, decisive: FileReport | undefined): string {
  const { name, version } = report
  if (file !== null && decisive?.fileName === file.fileName) return file.fileName
  return version === '' ? name : `${name} ${version}`
}

function verbOf(outcome: ReportedOutcome, mode: ReleaseReport['mode']): string {
  if (outcome === 'not judged') return 'is not judged yet'
  if (outcome === 'allowed' || mode === 'enforce') return `is ${outcome}`
  return `would be ${outcome}`
}

function comparison({ file, report }: Why): readonly string[] {
  if (file === null || file.compared === 'same') return []
  const { fileName, sha256 } = file
  const known = report.files.find((one) => one.fileName === fileName)
  if (sha256 === null) return known === undefined ? wrapped(`the gate lists no ${fileName}`) : []
  const said =
    file.compared === 'other'
      ? 'this file is not the one that the gate knows'
      : 'the gate knows no digest of a file of this name'
  return [
    `  ${said}`,
    `  ${'here'.padEnd(COLUMN)}${sha256}`,
    ...(known?.sha256 ? [`  ${'gate'.padEnd(COLUMN)}${known.sha256}`] : []),
  ]
}

function signerRows(decisive: FileReport | undefined): readonly string[] {
  const signer = decisive?.signer
  if (signer === undefined) return []
  const sealed = row('sealed', `${dayOf(signer.signedAt)}, log index ${signer.logIndex}`)
  return [...row('signed by', signedBy(signer)), ...(decisive?.outcome === 'allowed' ? sealed : [])]
}

function signedBy({ identity, claims }: SignerReport): string {
  const { sourceRepositoryUri: project, sourceRepositoryDigest: commit } = claims
  const at = commit === undefined ? '' : ` at ${commit.slice(0, 7)}`
  return `${(project ?? identity).replace(/^https:\/\//, '')}${at}`
}

/** Who was expected stands in a row of its own below who signed. */
function groundRows(decisive: FileReport | undefined, { rule, ground }: ReleaseReport): readonly string[] {
  const grounds: FileReport['grounds'] = decisive?.grounds ?? (ground === undefined ? [] : [ground])
  const signer = decisive?.signer
  let isRuleSaid = false
  const lines = grounds.flatMap(({ fact, exemptedBy }) => {
    if (exemptedBy !== undefined) return row('exempt', `${fact}; ${exemptedBy}`)
    const expected = signer === undefined ? undefined : SIGNED_BY.exec(fact)?.[1]
    if (expected === undefined) return row('because', fact)
    isRuleSaid = true
    return row('expected', `${expected}, ${rule}`)
  })
  return isRuleSaid ? lines : [...lines, ...row('rule', rule)]
}

function otherRows({ report, refusal }: Why, decisive: FileReport | undefined): readonly string[] {
  const { states, pins } = report
  return [
    ...(refusal === null ? [] : row('since', `${dayOf(refusal.first)}, ${requests(refusal)}`)),
    ...(decisive?.until === undefined || decisive.outcome !== 'held'
      ? []
      : row('until', minuteOf(decisive.until))),
    ...(states.length === 0 ? [] : row('states', states.join(', '))),
    ...pins.flatMap(({ repository, since, by }) => row('pinned', `${repository}, ${dayOf(since)}, by ${by}`)),
    ...(decisive?.notes ?? []).flatMap((note) => row('note', note)),
  ]
}

function requests({ count }: RefusalReport): string {
  if (count === 0) return 'only listed so far'
  return `${count} request${count === 1 ? '' : 's'}`
}

const ORDER: readonly ReportedOutcome[] = ['refused', 'held', 'not judged', 'allowed']

/** The worst first, where not all are shown. */
function fileRows(files: readonly FileReport[]): readonly string[] {
  const rest = files.length - MAX_FILES
  const shown =
    rest <= 0
      ? files
      : files
          .toSorted((one, two) => ORDER.indexOf(one.outcome) - ORDER.indexOf(two.outcome))
          .slice(0, MAX_FILES)
  const width = Math.max(0, ...shown.map(({ fileName }) => fileName.length))
  const outcomes = Math.max(0, ...shown.map(({ outcome }) => outcome.length))
  const codes = Math.max(0, ...shown.map(({ code = '' }) => code.length))
  const isNarrow = 2 + width + 3 + outcomes + 3 + codes <= COLUMNS
  const lines = shown.flatMap(({ fileName, outcome, code = '' }) => {
    const said = `${outcome.padEnd(outcomes)}   ${code}`.trimEnd()
    return isNarrow ? [`  ${fileName.padEnd(width)}   ${said}`] : [`  ${fileName}`, `    ${said}`]
  })
  return rest <= 0 ? lines : [...lines, `  and ${rest} more`]
}

function instead({ report: { servedInstead: served, name }, outcome }: Why): readonly string[] {
  if (outcome === 'allowed') return []
  if (served === null) return [`no version of ${name} is served instead`]
  const sealed = served.signedAt === undefined ? '' : `, sealed ${dayOf(served.signedAt)}`
  const index = served.logIndex === undefined ? '' : `, log index ${served.logIndex}`
  return [`served instead: ${served.version}${sealed}${index}`]
}

/** Not broken: they may be command lines. */
function nextLines(next: readonly string[]): readonly string[] {
  return next.map((line, index) => `${index === 0 ? 'next: ' : '      '}${line}`)
}

function row(name: string, text: string): readonly string[] {
  return wrapped(text, COLUMN).map((line, index) => `  ${(index === 0 ? name : '').padEnd(COLUMN)}${line}`)
}

/** At spaces; a word that is longer has a line of its own. */
function wrapped(text: string, indent = 0): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS - 2 - indent)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function dayOf(time: string): string {
  return time.slice(0, 'YYYY-MM-DD'.length)
}

function minuteOf(time: string): string {
  return `${time.slice(0, 'YYYY-MM-DDTHH:MM'.length).replace('T', ' ')} UTC`
}
