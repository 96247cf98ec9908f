import type { FetchIo } from '../client/fetch/index.ts'
import type { Terminal } from './terminal.ts'
import { systemVerifyIo } from './verify-io.ts'
import { createVerifyProgress, type VerifyProgress } from './verify-progress.ts'

export interface Stoppable {
  readonly terminal: Terminal
  readonly quiet: boolean
  /** What is said of a command that was stopped. */
  readonly stopped: string
}

/** The process itself, with Ctrl-C and SIGTERM as what ends the work; a second one ends the process at once. */
export async function inStoppable<T>(
  { terminal, quiet, stopped }: Stoppable,
  work: (io: FetchIo) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  const abort = (): void => {
    release()
    stop.abort(new Error(stopped))
  }
  const release = (): void => {
    process.off('SIGINT', abort).off('SIGTERM', abort)
  }
  process.on('SIGINT', abort).on('SIGTERM', abort)
  let progress: VerifyProgress | undefined
  try {
    return await work({
      ...systemVerifyIo(process.env),
      note: (text) => terminal.say(text),
      signal: stop.signal,
      onFiles: (count) => {
        progress = createVerifyProgress(quiet ? undefined : process.stderr, count)
      },
      onEach: () => progress?.step(),
    })
  } finally {
    release()
    progress?.end()
  }
}
