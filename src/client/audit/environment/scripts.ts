import { createHash } from 'node:crypto'
import { utf8, utf8Decode } from '../../../base/index.ts'
import type { RecordAlgorithm } from '../../../formats/python/archive/index.ts'

/** First lines of wheels that installers replace (binary distribution format, "Recommended installer features"). */
const FIRST_LINES = ['#!python', '#!pythonw', '#!python3'].flatMap((line) => [`${line}\n`, `${line}\r\n`])

/**
 * Whether a script is that of the wheel but for its first line. What the installer has put there may be three lines, where
 * the path of Python is long or has spaces.
 */
export function isRewritten(
  bytes: Uint8Array,
  { algorithm, hex }: { readonly algorithm: RecordAlgorithm; readonly hex: string },
): boolean {
  const count = startLines(linesOf(bytes, 3))
  if (count === 0) return false
  const rest = bytes.subarray(afterLines(bytes, count))
  return FIRST_LINES.some(
    (first) => createHash(algorithm).update(utf8(first)).update(rest).digest('hex') === hex,
  )
}

/** The first lines, as far as they are of ASCII or Latin-1: others are compared with nothing. */
function linesOf(bytes: Uint8Array, count: number): readonly string[] {
  const start = Buffer.from(bytes.subarray(0, Math.min(afterLines(bytes, count), MAX_START_BYTES)))
  return start.toString('latin1').split(/\r?\n/, count)
}

/** Three lines of the longest path that a system takes. */
const MAX_START_BYTES = 16_384

function afterLines(bytes: Uint8Array, count: number): number {
  let at = 0
  for (let line = 0; line < count; line += 1) {
    const end = bytes.indexOf(0x0a, at)
    if (end < 0) return bytes.length
    at = end + 1
  }
  return at
}

export interface EntryPoint {
  readonly module: string
  /** What is called of it. */
  readonly attribute: string
}

const [MAX_LINES, MAX_LINE_LENGTH] = [20_000, 1_000]

/** The scripts of `entry_points.txt`, by name. */
export function readEntryPoints(text: string): ReadonlyMap<string, EntryPoint> {
  const found = new Map<string, EntryPoint>()
  let section = ''
  for (const line of text.split('\n', MAX_LINES)) {
    const header = /^\s*\[([^\]]*)\]\s*$/.exec(line)?.[1]
    if (header !== undefined) section = header.trim()
    const entry = section === 'console_scripts' || section === 'gui_scripts' ? readEntry(line) : undefined
    if (entry !== undefined) found.set(...entry)
  }
  return found
}

function readEntry(line: string): readonly [string, EntryPoint] | undefined {
  if (line.length > MAX_LINE_LENGTH) return undefined
  const [, name = '', module = '', attribute = ''] =
    /^\s*([^=\s][^=]*?)\s*=\s*([\w.]+)\s*:\s*([\w.]+)\s*(?:\[.*\])?\s*$/.exec(line) ?? []
  return name === '' ? undefined : [name, { module, attribute }]
}

/** Lines that installers write into the script of an entry point, beside the import and the call. */
const PLAIN_LINES: ReadonlySet<string> = new Set([
  '',
  '# -*- coding: utf-8 -*-',
  'import re',
  'import sys',
  "if __name__ == '__main__':",
  'if __name__ == "__main__":',
  String.raw`sys.argv[0] = re.sub(r'(-script\.pyw|\.exe)?$', '', sys.argv[0])`,
  String.raw`sys.argv[0] = re.sub(r"(-script\.pyw|\.exe)?$", "", sys.argv[0])`,
  "sys.argv[0] = sys.argv[0].removesuffix('.exe')",
  'sys.argv[0] = sys.argv[0].removesuffix(".exe")',
  "if sys.argv[0].endswith('-script.pyw'):",
  'if sys.argv[0].endswith("-script.pyw"):',
  "elif sys.argv[0].endswith('.exe'):",
  'elif sys.argv[0].endswith(".exe"):',
  "if sys.argv[0].endswith('.exe'):",
  'if sys.argv[0].endswith(".exe"):',
  'sys.argv[0] = sys.argv[0][:-11]',
  'sys.argv[0] = sys.argv[0][:-4]',
])

/** Whether a script does no more than to call its entry point, as the scripts of pip, uv and installer do. */
export function callsOnly(bytes: Uint8Array, { module, attribute }: EntryPoint): boolean {
  let text: string
  try {
    text = utf8Decode(bytes)
  } catch {
    return false
  }
  const lines = text.split(/\r?\n/, 40)
  const count = startLines(lines)
  if (count === 0) return false
  const [name = ''] = attribute.split('.', 1)
  const own = new Set([`from ${module} import ${name}`, `sys.exit(${attribute}())`])
  const body = lines.slice(count)
  return body.length < 30 && body.every((line) => PLAIN_LINES.has(line.trim()) || own.has(line.trim()))
}

/** A Python by its path, or by its name where it is looked for; nothing that runs anything before it. */
const INTERPRETER =
  /^#! ?(?:\/usr\/bin\/env )?(?:"[^"]*[\\/]|[^\s"'`$;|&<>]*[\\/])?(?:python|pypy)w?[0-9.]*[tdw]?(?:\.exe)?"?$/i

/** How many lines start the interpreter; none where something else is started. */
function startLines([first = '', ...rest]: readonly string[]): 0 | 1 | 3 {
  if (INTERPRETER.test(first)) return 1
  return isLongStart(first, rest) ? 3 : 0
}

/** `#!/bin/sh`, and a line that is a string for Python and starts it for the shell. */
function isLongStart(first: string, [second = '', third = '']: readonly string[]): boolean {
  return (
    first === '#!/bin/sh' &&
    /^'''exec' (?:"[^"'`$\\]*"|[^\s"'`$\\;|&]+) "\$0" "\$@"$/.test(second) &&
    third === "' '''"
  )
}
