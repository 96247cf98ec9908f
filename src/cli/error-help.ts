import { shippedFile } from '../host/index.ts'
import { cliErrors } from './errors.ts'

const PAGE = 'docs/reference/errors.md'

/** What the page of errors says of a code. Throws `cli.help-topic`. */
export function errorHelp(code: string): readonly string[] {
  const [, meaning, advice, exit, status] = rowOf(code)
  return [
    code,
    `  what it means  ${meaning}`,
    `  what to do     ${advice}`,
    `  exit code      ${exit}`,
    `  HTTP status    ${status}`,
    `  page           ${PAGE}#${code}`,
  ]
}

/** The cells of a row of the page, which a test compares with the code. */
function rowOf(code: string): readonly string[] {
  const row = shippedFile(PAGE)
    .split('\n')
    .find((line) => line.startsWith('| ') && line.includes(`\`${code}\` |`))
  if (row === undefined)
    throw cliErrors('cli.help-topic', `${JSON.stringify(code)} is neither a command nor an error code`)
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|'))
}
