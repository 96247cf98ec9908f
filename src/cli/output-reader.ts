export interface LineReader {
  readonly read: (chunk: Uint8Array) => void
  /** Gives out what has no end of line. */
  end(): void
}

const MAX_LINE_LENGTH = 16 << 10

/** Whole lines of what a program prints, without the carriage return of a progress meter; a very long one in parts. */
export function createLineReader(give: (line: string) => void): LineReader {
  const decoder = new TextDecoder('utf-8')
  let pending = ''
  const drain = (): void => {
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) give(line.replace(/\r$/, ''))
    if (pending.length < MAX_LINE_LENGTH) return
    give(pending)
    pending = ''
  }
  return {
    read: (chunk) => {
      pending += decoder.decode(chunk, { stream: true })
      drain()
    },
    end: () => {
      if (pending !== '') give(pending)
      pending = ''
    },
  }
}
