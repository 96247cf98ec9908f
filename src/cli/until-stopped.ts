import { isatty } from 'node:tty'

const STANDARD_INPUT = 0

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once, as nobody listens any more. */
export function untilStopped(reload: (() => Promise<void>) | undefined): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve()
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
    process.on('SIGHUP', () => {
      // Nothing to read again: a terminal was closed, or whoever reloads all services does it in vain.
      if (reload !== undefined) void reload()
      else if (isatty(STANDARD_INPUT)) stop()
    })
  })
}
