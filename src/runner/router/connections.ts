import type { Duplex } from 'node:stream'

/** What is open for one job, so that all of it can be ended. */
export interface Connections {
  /** False, with the connection destroyed, where the job has too many or has ended. */
  take(socket: Duplex): boolean
  /** Aborted at the end. */
  readonly signal: AbortSignal
  close(): Promise<void>
}

export function createConnections(max: number): Connections {
  const open = new Set<Duplex>()
  const ended = new AbortController()
  let whenEmpty: (() => void) | undefined
  return {
    signal: ended.signal,
    take: (socket) => {
      // Nobody else listens yet, and an error without a listener would end the runner.
      socket.on('error', () => undefined)
      if (ended.signal.aborted || open.size >= max) {
        socket.destroy()
        return false
      }
      open.add(socket)
      socket.once('close', () => {
        open.delete(socket)
        if (open.size === 0) whenEmpty?.()
      })
      return true
    },
    close: async () => {
      ended.abort(new Error('the job has ended'))
      if (open.size === 0) return
      const empty = new Promise<void>((resolve) => {
        whenEmpty = resolve
      })
      for (const socket of open) socket.destroy()
      await empty
    },
  }
}
