/** The command was told to end. A shell takes 128 and the number of the signal for that. */
export class Stopped extends Error {
  readonly exit: 130 | 143

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`stopped by ${signal === 'SIGINT' ? 'Ctrl-C' : signal}`)
    this.exit = signal === 'SIGINT' ? 130 : 143
  }
}

/** Ctrl-C or SIGTERM aborts what runs, with a `Stopped`; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const abort = new AbortController()
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    abort.abort(new Stopped(signal))
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return abort.signal
}

/** What a signal has ended fails in many ways, of which none is why. */
export async function orStopped<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
