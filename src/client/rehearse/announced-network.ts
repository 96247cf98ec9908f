import type { OpenJobNetwork } from '../../runner/index.ts'

/** The same network; what is not the internet's is said first in the log of each job. */
export function announcedNetwork(open: OpenJobNetwork, lines: readonly string[]): OpenJobNetwork {
  return (job, log) => {
    for (const line of lines) log.notice(line)
    return open(job, log)
  }
}
