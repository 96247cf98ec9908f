import { shellQuoted } from '../base/index.ts'
import type { RunReport } from '../client/index.ts'
import { columnsOf, type Line } from './screen.ts'

/** A mark and a space. */
const MARK_COLUMNS = 2

export interface TableOptions {
  /** How people call this program. */
  readonly program: string
  /** Of the terminal; `Infinity` elsewhere. */
  readonly columns: number
}

const NOTHING_NEW =
  'the pipeline passed but published no new files; files that were already published with the same bytes are not new'

/** What was built, signed, published and verified, and how a consumer gets it. */
export function runTable(report: RunReport, { program, columns }: TableOptions): readonly Line[] {
  const { files } = report
  if (files.length === 0) return [NOTHING_NEW]
  return [
    '',
    ...fileLines(files, columns),
    '',
    'published at',
    ...files.map((file) => `  ${file.url}`),
    ...signerLines(report),
    ...files.filter(({ isVerified }) => !isVerified).map(({ verdict }) => verdict),
    ...consumerLines(report, shellWord(program)),
  ]
}

/** Whom a consumer must expect; nobody where no file is signed. */
function signerLines({ files, identity, url }: RunReport): readonly string[] {
  return files.some(({ isSigned }) => isSigned) ? [`signed by ${identity}`, `issuer    ${url}`] : []
}

/**
 * What a consumer types, in any folder; each line can be copied. What is installed is the file that was verified, never
 * another download, and into an environment of its own, since the system's Python may belong to its packages (PEP 668).
 */
function consumerLines(report: RunReport, program: string): readonly string[] {
  const file = fileToInstall(report.files)
  if (file === undefined) return []
  const { url, pipeline, source, data, identity } = report
  const generic = `${url}/api/v4/projects/${pipeline.projectId}/packages/generic`
  const signatures = `${generic}/${source.path.split('/').at(-1) ?? ''}/${file.version}`
  const { fileName } = file
  const curl = report.visibility === 'public' ? 'curl -fsSO' : 'curl -fsSO --netrc-file netrc'
  return [
    '',
    `A consumer verifies a file and installs it with these lines${startNote(report)}:`,
    '',
    '  cd "$(mktemp -d)"',
    ...startLines(report, program),
    `  ${program} trust export --data ${shellWord(data)} --out trust && . ./trust/cosign.env`,
    ...tokenLines(report, program),
    `  ${curl} ${file.url}`,
    `  ${curl} ${signatures}/${fileName}.sig`,
    `  ${curl} ${signatures}/${fileName}.crt`,
    `  ${program} cosign verify-blob --signature ${fileName}.sig --certificate ${fileName}.crt \\`,
    `    --certificate-identity ${shellWord(identity)} --certificate-oidc-issuer ${url} ${fileName} \\`,
    `    && python3 -m venv venv && venv/bin/pip install ./${fileName}`,
  ]
}

function fileToInstall(files: RunReport['files']): RunReport['files'][number] | undefined {
  const verified = files.filter(({ isVerified }) => isVerified)
  return verified.find(({ fileName }) => fileName.endsWith('.whl')) ?? verified[0]
}

function startNote({ isServed }: RunReport): string {
  return isServed ? '' : '; the second line starts the services again'
}

/** Not where the services run: a second server of a data directory is refused. */
function startLines({ isServed, data, url }: RunReport, program: string): readonly string[] {
  if (isServed) return []
  return [
    `  ${program} up --quiet --data ${shellWord(data)} &`,
    `  curl -fs --retry 9 --retry-connrefused -o /dev/null ${url}/readyz`,
  ]
}

/** The token goes into a file for curl: in a line it would end up in histories and process lists. */
function tokenLines({ visibility, data, url, user }: RunReport, program: string): readonly string[] {
  if (visibility === 'public') return []
  const create = `${program} token create --user ${shellWord(user)} --scope read_api --data ${shellWord(data)}`
  const entry = `machine ${new URL(url).hostname} login consumer password`
  return [`  (umask 077; printf '${entry} %s\\n' \\`, `    "$(${create})" > netrc)`]
}

type File = RunReport['files'][number]

/** A table; where the terminal is narrower, two lines for each file. */
function fileLines(files: readonly File[], columns: number): readonly Line[] {
  const heads = ['built', 'bytes', 'log index', 'verified']
  const [head = '', ...rows] = aligned([heads, ...files.map((file) => cellsOf(file))])
  const isNarrow = [head, ...rows].some((row) => columnsOf(row) + MARK_COLUMNS > columns)
  const lines = isNarrow ? files.map(({ fileName }) => fileName) : rows
  return [
    ...(isNarrow ? [] : [{ mark: 'none', text: head } as const]),
    ...files.flatMap((file, index): readonly Line[] => [
      { mark: file.isVerified ? 'passed' : 'failed', text: lines[index] ?? '' },
      ...(isNarrow ? [{ mark: 'none', text: detailOf(file) } as const] : []),
    ]),
  ]
}

function cellsOf(file: File): readonly string[] {
  const { fileName, sizeBytes, logIndex, isVerified } = file
  const index = logIndex === undefined ? 'not logged' : String(logIndex)
  return [fileName, String(sizeBytes), index, isVerified ? 'yes' : unverified(file, 'NO')]
}

/** A file that is published and not signed was not refused: there was nothing to verify. */
function unverified({ isSigned }: File, word: string): string {
  return isSigned ? word : 'not signed'
}

function detailOf(file: File): string {
  const { sizeBytes, logIndex, isVerified } = file
  const verified = isVerified ? 'verified' : unverified(file, 'NOT verified')
  const logged = logIndex === undefined ? 'not logged' : `log index ${logIndex}`
  return `  ${sizeBytes} bytes, ${logged}, ${verified}`
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** As a POSIX shell reads it back. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@-]+$/.test(text) ? text : shellQuoted(text)
}
