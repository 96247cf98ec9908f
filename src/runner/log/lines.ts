const MAX_LINE_LENGTH = 16 << 10
// oxlint-disable-next-line no-control-regex -- the mark ends with an escape sequence
const SECTION_MARK = /section_(?:start|end):\d+:[\w.-]+(?:\[[^\]\r\n]{0,200}\])?\r\u001B\[0K/g

/** One line of a job's log for a person, without the folding marks. */
export interface LogLine {
  readonly text: string
  readonly from: 'job' | 'runner'
}

export interface LineSplitter {
  write(bytes: Uint8Array, from: LogLine['from']): void
  end(): void
}

/** Whole lines; a line without end is given out in parts. A line is of whoever ends it. */
export function createLineSplitter(onLine: (line: LogLine) => void): LineSplitter {
  const decoder = new TextDecoder('utf-8')
  let pending = ''
  let from: LogLine['from'] = 'job'
  const give = (line: string): void => {
    const text = line.replaceAll(SECTION_MARK, '').replace(/\r$/, '')
    if (text !== '' || line === '') onLine({ text, from })
  }
  const drain = (): void => {
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) give(line)
    if (pending.length < MAX_LINE_LENGTH) return
    give(pending)
    pending = ''
  }
  return {
    write: (bytes, writer) => {
      from = writer
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
