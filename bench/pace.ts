/** Pages asked for at a steady 100 a second, while something else is measured. */
import { Agent, get } from 'node:http'

const RATE = 100

/** Asks at its own rate, whether or not the answers before are there: what waits counts as waiting. */
export function pace(url: string) {
  const agent = new Agent({ keepAlive: true })
  const begun = performance.now()
  const asked: Promise<number>[] = []
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) * RATE) / 1000)
    while (asked.length < due) {
      const one = ask(url, agent, begun + ((asked.length + 1) * 1000) / RATE)
      // Looked at in the end.
      one.catch(() => undefined)
      asked.push(one)
    }
  }, 1)
  const stop = (): void => {
    clearInterval(timer)
    agent.destroy()
  }
  return {
    stop,
    /** The middle, 99 of 100, and the longest. Throws when one was not answered. */
    cells: async (): Promise<readonly string[]> => {
      clearInterval(timer)
      const ended = await Promise.allSettled(asked)
      const failed = ended.find((one) => one.status === 'rejected')
      if (failed !== undefined) throw new Error('a page was not answered', { cause: failed.reason })
      const times = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      times.sort((a, b) => a - b)
      const at = (share: number): string =>
        (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1)
      return [at(0.5), at(0.99), at(1)]
    },
  }
}

/** Milliseconds from the moment at which it was to be asked. */
function ask(url: string, agent: Agent, dueMs: number): Promise<number> {
  const headers = { Accept: 'application/vnd.pypi.simple.v1+json' }
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent, headers }, (answer) => {
      answer.resume().once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - dueMs)
        else reject(new Error(`${url}: ${answer.statusCode}`))
      })
    })
    sent.once('error', (error: NodeJS.ErrnoException) => {
      // An idle connection may be closed at the moment at which it is used again; clients then ask once more.
      if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(ask(url, agent, dueMs))
      else reject(error)
    })
  })
}
