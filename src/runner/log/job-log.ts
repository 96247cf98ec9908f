import { utf8, type Clock } from '../../base/index.ts'
import { createLineSplitter, type LogLine } from './lines.ts'
import type { Masker } from './mask.ts'

const CLEAR = '\u001B[0K'
const RESET = '\u001B[0;m'
const NEWLINE = 10
/** What the runner may still say where a job has used up its log: how it ended, above all. */
export const OWN_RESERVE_BYTES = 64 << 10

/** What the runner itself says in a job's log, and the way of all output through the masker. */
export interface JobLog {
  /** Of the job and of programs that work for it. */
  readonly output: (chunk: Uint8Array) => void
  line(text: string): void
  notice(text: string): void
  warning(text: string): void
  error(text: string): void
  success(text: string): void
  /** GitLab's folding marks around one stage (gitlab-surface 5.3). */
  section<T>(name: string, title: string, work: () => Promise<T>): Promise<T>
  /** Gives out what the masker still holds. */
  end(): void
}

export interface JobLogOptions {
  readonly masker: Masker
  readonly clock: Clock
  /** So many bytes of masked output are given out; the rest of the job's is dropped, with one notice. */
  readonly limitBytes: number
  readonly onBytes: (masked: Uint8Array) => void
  readonly onLine: (line: LogLine) => void
}

/**
 * The runner's own lines begin at the beginning of a line, whatever the job has printed before, and are given out as
 * the runner's: who shows both can tell them from a job's imitation.
 */
export function createJobLog(options: JobLogOptions): JobLog {
  const { clock } = options
  const writer = createWriter(options)
  const say = writer.own
  const coloured = (colour: string) => (text: string) => say(`\u001B[${colour}m${text}${RESET}\n`)
  const mark = (edge: 'start' | 'end', name: string): void =>
    say(`section_${edge}:${Math.floor(clock.nowMs() / 1_000)}:${name}\r${CLEAR}`)
  return {
    output: writer.job,
    line: (text) => say(`${text}\n`),
    notice: coloured('32;1'),
    warning: (text) => coloured('0;33')(`WARNING: ${text}`),
    error: (text) => coloured('31;1')(`ERROR: ${text}`),
    success: coloured('32;1'),
    section: async (name, title, work) => {
      mark('start', name)
      say(`${CLEAR}\u001B[36;1m${title}${RESET}${CLEAR}\n`)
      try {
        return await work()
      } finally {
        say('\n')
        mark('end', name)
      }
    },
    end: writer.end,
  }
}

function createWriter({ masker, limitBytes, onBytes, onLine }: JobLogOptions) {
  const lines = createLineSplitter(onLine)
  let left = limitBytes
  let isOpenLine = false
  const give = (masked: Uint8Array, from: LogLine['from']): void => {
    if (masked.length === 0) return
    left -= masked.length
    onBytes(masked)
    lines.write(masked, from)
  }
  /** A secret does not go on from what a job says into what the runner says. */
  const own = (text: string): void => {
    give(masker.end(), 'job')
    if (isOpenLine) give(utf8(`${RESET}\n`), 'job')
    give(masker.write(utf8(text)), 'runner')
    give(masker.end(), 'runner')
    isOpenLine = false
  }
  const job = (chunk: Uint8Array): void => {
    if (left <= 0 || chunk.length === 0) return
    isOpenLine = chunk.at(-1) !== NEWLINE
    const masked = masker.write(chunk)
    const isLast = masked.length >= left
    give(masked.subarray(0, left), 'job')
    if (!isLast) return
    masker.end()
    own(limitNotice(limitBytes))
  }
  const end = (): void => {
    give(masker.end(), 'job')
    lines.end()
  }
  return { own, job, end }
}

function limitNotice(limitBytes: number): string {
  return (
    `\u001B[33;1mJob's log exceeded limit of ${limitBytes} bytes.\n` +
    `Job execution will continue but no more output will be collected.${RESET}\n`
  )
}
