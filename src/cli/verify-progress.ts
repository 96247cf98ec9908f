export interface VerifyProgress {
  readonly step: () => void
  readonly end: () => void
}

const ERASE_LINE = '\r\x1b[K'

/** A moving line with a count, on a terminal and for more than one file; nothing elsewhere. */
export function createVerifyProgress(stream: NodeJS.WriteStream, total: number): VerifyProgress {
  const isLive = stream.isTTY && total > 1 && process.env['CI'] === undefined
  let done = 0
  return {
    step: () => {
      done += 1
      if (isLive) stream.write(`${ERASE_LINE}wheelseal: ${done} of ${total} files`)
    },
    end: () => {
      if (isLive) stream.write(ERASE_LINE)
    },
  }
}
