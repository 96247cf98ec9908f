import { gunzipSync } from 'node:zlib'
import type { Variable } from '../ciconfig/index.ts'
import { pipelineErrors } from './errors.ts'

/** GitLab's limits: of the text, and of gitlab.com's largest plan. */
const MAX_BYTES = 5120
const MAX_VARIABLES = 150
/** More cannot become so little text. */
export const MAX_DOTENV_UPLOAD_BYTES = 16_384

/**
 * A `dotenv` report, gzip-compressed: `KEY=value` in each line, the last of equal keys wins. No quotes, comments, empty
 * lines or values of several lines, as GitLab has it; a value is text and refers to nothing. Throws `pipelines.dotenv`.
 */
export function readDotenv(compressed: Uint8Array): readonly Variable[] {
  const text = decompressed(compressed)
  const variables = new Map<string, Variable>()
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  for (const [index, line] of lines.entries()) {
    const variable = variableOf(line)
    if (variable === undefined) throw wrong(`line ${index + 1} is not KEY=value`)
    variables.set(variable.key, variable)
  }
  if (variables.size > MAX_VARIABLES)
    throw wrong(`it has ${variables.size} variables; ${MAX_VARIABLES} are allowed`)
  return [...variables.values()]
}

function decompressed(compressed: Uint8Array): string {
  try {
    const bytes = gunzipSync(compressed, { maxOutputLength: MAX_BYTES })
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const isTooLong = cause instanceof RangeError
    throw wrong(isTooLong ? `it is longer than ${MAX_BYTES} bytes` : 'it is not UTF-8 in gzip', cause)
  }
}

function variableOf(line: string): Variable | undefined {
  const at = line.indexOf('=')
  const [key, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()]
  const isWhole = at > 0 && /^[a-zA-Z_][a-zA-Z0-9_]{0,254}$/.test(key) && !/[\p{Cc}\u2028\u2029]/u.test(value)
  return isWhole ? { key, value, isRaw: true } : undefined
}

function wrong(what: string, cause?: unknown): Error {
  return pipelineErrors('pipelines.dotenv', `the dotenv report is not valid: ${what}`, { cause })
}
