import { createLiveLine, type Screen } from './screen.ts'

export interface VerifyProgress {
  readonly step: () => void
  readonly end: () => void
}

/** A moving line with a count, on a terminal and for more than one file; nothing elsewhere, and without a stream. */
export function createVerifyProgress(stream: Screen | undefined, total: number): VerifyProgress {
  const line = stream === undefined || total < 2 ? undefined : createLiveLine(stream)
  let done = 0
  return {
    step: () => {
      done += 1
      line?.draw(`wheelseal: ${done} of ${total} files`)
    },
    end: () => line?.end(),
  }
}
