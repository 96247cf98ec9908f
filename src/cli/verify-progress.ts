export interface VerifyProgress {
  readonly step: () => void
  readonly end: () => void
}

/** Standard error; undefined where nothing is to be said. */
type Screen = Pick<NodeJS.WriteStream, 'isTTY' | 'write'> | undefined

const ERASE_LINE = '\r\x1b[K'

/** A moving line with a count, on a terminal and for more than one file; nothing elsewhere. */
export function createVerifyProgress(stream: Screen, total: number): VerifyProgress {
  const live = stream?.isTTY === true && total > 1 && process.env['CI'] === undefined ? stream : undefined
  let done = 0
  return {
    step: () => {
      done += 1
      live?.write(`${ERASE_LINE}wheelseal: ${done} of ${total} files`)
    },
    end: () => {
      live?.write(ERASE_LINE)
    },
  }
}
