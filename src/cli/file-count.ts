import { createLiveLine, type Screen } from './screen.ts'

export interface FileCounter {
  readonly count: (done: { readonly files: number; readonly bytes: number }) => void
  readonly end: () => void
}

/** A moving line with what was done so far, on a terminal; nothing elsewhere. */
export function createFileCounter(stream: Screen | undefined, what: string): FileCounter {
  const line = stream === undefined ? undefined : createLiveLine(stream)
  return {
    count: ({ files, bytes }) => line?.draw(`wheelseal: ${what} ${files} stored files, ${bytes} bytes`),
    end: () => line?.end(),
  }
}
