import { printable } from '../../base/index.ts'
import type { JobVariable } from './job.ts'

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
/** One string of a process's environment may hold 128 KiB on Linux, name and `=` included. */
const MAX_ENTRY_BYTES = (128 << 10) - 2
const MAX_SHOWN_LENGTH = 80
const REFERENCE = /\$(?:\$|\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g

export type Variables = ReadonlyMap<string, string>

export interface JobVariables {
  /** Expanded; file variables hold the path of their file. */
  readonly values: Variables
  readonly files: readonly { readonly name: string; readonly content: string }[]
  /** What to tell in the job log, without values. */
  readonly warnings: readonly string[]
}

export interface VariableSources {
  readonly job: readonly JobVariable[]
  /** `CI_PROJECT_DIR` and the like, which only the runner knows; they win. */
  readonly runner: Readonly<Record<string, string>>
  /** Where file variables will be written. */
  readonly fileFolder: string
}

/**
 * The second phase of expansion (gitlab-surface 4.6). The server has expanded what it knew; here each value that is
 * not raw and not a file is expanded once more, with what only the runner knows. Later variables win.
 */
export function resolveVariables({ job, runner, fileFolder }: VariableSources): JobVariables {
  const usable = job.filter(({ key, value }) => IDENTIFIER.test(key) && !value.includes('\0'))
  const last = new Map(usable.map((variable) => [variable.key, variable]))
  const plain = new Map(
    [...last].map(([name, { value, file }]) => [name, file ? `${fileFolder}/${name}` : value]),
  )
  for (const [name, value] of Object.entries(runner)) plain.set(name, value)
  const values = new Map(
    [...plain].map(([name, value]) => [name, isFinal(last.get(name)) ? value : expand(value, plain)]),
  )
  return {
    values,
    files: [...last.values()]
      .filter(({ file }) => file)
      .map(({ key, value }) => ({ name: key, content: value })),
    warnings: job.filter((variable) => !usable.includes(variable)).map(unusable),
  }
}

function isFinal(variable: JobVariable | undefined): boolean {
  return variable?.raw === true || variable?.file === true
}

function unusable({ key }: JobVariable): string {
  const shown = printable(key, { maxLength: MAX_SHOWN_LENGTH })
  return IDENTIFIER.test(key)
    ? `variable ${shown} contains a zero byte and is left out`
    : `variable '${shown}' is not a valid shell variable name and is left out`
}

/** `$NAME` and `${NAME}` once, `$$` to `$`; what is not known becomes nothing, as in the stock runner. */
export function expand(text: string, values: Variables): string {
  return text.replaceAll(REFERENCE, (whole, braced?: string, bare?: string) =>
    whole === '$$' ? '$' : (values.get(braced ?? bare ?? '') ?? ''),
  )
}

/** The name of a variable that no process could be given, if there is one. */
export function tooLargeForEnvironment(values: Variables): string | undefined {
  const found = [...values].find(
    ([name, value]) => Buffer.byteLength(name) + Buffer.byteLength(value) > MAX_ENTRY_BYTES,
  )
  return found?.[0]
}
