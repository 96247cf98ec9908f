import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A system call that succeeded, or an acknowledgement. */
export interface Call {
  readonly name: string
  /** As strace writes them. */
  readonly args: string
  /** Of the first argument that is a file descriptor, or of what was opened. */
  readonly path: string
}

const CALLS = [
  ...['open', 'openat', 'creat', 'write', 'writev', 'pwrite64', 'pwritev', 'ftruncate', 'truncate'],
  ...['fsync', 'fdatasync', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'mkdir', 'mkdirat'],
  ...['unlink', 'unlinkat', 'rmdir', 'access', 'faccessat', 'faccessat2'],
]

export function acknowledgement(run: string, what: string): string {
  return `/acknowledged/${run}/${what}`
}

/** The calls of a case, in the order in which they ended. Needs strace. */
export async function traceCase(name: string, folder: string): Promise<readonly Call[]> {
  const output = join(folder, 'strace.out')
  // `?` before a name: not every machine has every call.
  const filter = `trace=${CALLS.map((call) => `?${call}`).join(',')}`
  const program = join(import.meta.dirname, 'run-case.ts')
  const options = ['-f', '-y', '-qq', '-s', '400', '-e', filter, '-o', output]
  await promisify(execFile)('strace', [...options, process.execPath, program, name, join(folder, 'runs')])
  return parseTrace(await readFile(output, 'utf8'))
}

export function parseTrace(text: string): readonly Call[] {
  const begun = new Map<string, string>()
  return text.split('\n').flatMap((line) => {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length))
      return []
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1]
    return callOf(resumed === undefined ? rest : `${begun.get(pid) ?? ''}${resumed}`)
  })
}

const CALL = /^(?<name>\w+)\((?<args>.*)\) += (?<result>.*)$/
const ACKNOWLEDGED = /"\/acknowledged\/([^"]*)"/
/** A file descriptor, and what it stands for. */
const DESCRIPTOR = /^\d+<([^>]*)>/

function callOf(line: string): Call[] {
  const { name, args, result } = { name: '', args: '', result: '-1', ...CALL.exec(line)?.groups }
  const acknowledged = ACKNOWLEDGED.exec(args)
  if (acknowledged !== null) return [{ name: 'acknowledge', args, path: acknowledged[1]! }]
  return result.startsWith('-1') ? [] : [{ name, args, path: pathIn(name, args, result) }]
}

function pathIn(name: string, args: string, result: string): string {
  return DESCRIPTOR.exec(/^(?:open|creat)/.test(name) ? result : args)?.[1] ?? ''
}
