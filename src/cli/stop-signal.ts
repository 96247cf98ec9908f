/** Ctrl-C or SIGTERM aborts what runs; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const abort = new AbortController()
  const stop = (): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    abort.abort(new Error('stopped by the user'))
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return abort.signal
}
