import { utf8, type Clock } from '../../base/index.ts'
import type { Masker } from './mask.ts'

const CLEAR = '\u001B[0K'
const RESET = '\u001B[0;m'
const MAX_LINE_BYTES = 16 << 10
// oxlint-disable-next-line no-control-regex -- the mark ends with an escape sequence
const SECTION_MARK = /section_(?:start|end):\d+:[\w.-]+(?:\[[^\]\r\n]*\])?\r\u001B\[0K/g

/** What the runner itself says in a job's log, and the way of all output through the masker. */
export interface JobLog {
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
  readonly onBytes: (masked: Uint8Array) => void
  readonly onLine: (line: string) => void
}

export function createJobLog({ masker, clock, onBytes, onLine }: JobLogOptions): JobLog {
  const lines = createLineSplitter(onLine)
  const emit = (masked: Uint8Array): void => {
    if (masked.length === 0) return
    onBytes(masked)
    lines.write(masked)
  }
  const output = (chunk: Uint8Array): void => emit(masker.write(chunk))
  const say = (text: string): void => output(utf8(text))
  const coloured = (colour: string) => (text: string) => say(`\u001B[${colour}m${text}${RESET}\n`)
  const mark = (edge: 'start' | 'end', name: string): void =>
    say(`section_${edge}:${Math.floor(clock.nowMs() / 1_000)}:${name}\r${CLEAR}`)
  return {
    output,
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
    end: () => {
      emit(masker.end())
      lines.end()
    },
  }
}

/** Whole lines for a person, without the folding marks; a line without end is given out in parts. */
function createLineSplitter(onLine: (line: string) => void) {
  const decoder = new TextDecoder('utf-8')
  let pending = ''
  const give = (line: string): void => {
    const shown = line.replaceAll(SECTION_MARK, '').replace(/\r$/, '')
    if (shown !== '' || line === '') onLine(shown)
  }
  const drain = (): void => {
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) give(line)
    if (pending.length < MAX_LINE_BYTES) return
    give(pending)
    pending = ''
  }
  return {
    write: (bytes: Uint8Array) => {
      pending += decoder.decode(bytes, { stream: true })
      drain()
    },
    end: () => {
      pending += decoder.decode()
      if (pending !== '') give(pending)
      pending = ''
    },
  }
}
