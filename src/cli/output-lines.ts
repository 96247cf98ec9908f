import type { Command } from '../base/index.ts'

type OnOutput = NonNullable<Command['onOutput']>

const MAX_LINE_LENGTH = 10_000

export interface OutputLines {
  readonly add: OnOutput
  /** What was left without an end of line. */
  readonly end: () => void
}

/** The lines of a program's two streams, each as it is whole; what never ends a line is cut. */
export function createOutputLines(onLine: (line: string) => void): OutputLines {
  const rest = { stdout: '', stderr: '' }
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  return {
    add: (chunk, stream) => {
      const parts = (rest[stream] + decoders[stream].decode(chunk, { stream: true })).split('\n')
      rest[stream] = (parts.pop() ?? '').slice(-MAX_LINE_LENGTH)
      for (const line of parts) onLine(line)
    },
    end: () => {
      for (const line of [rest.stdout, rest.stderr]) if (line !== '') onLine(line)
    },
  }
}
