import type { Socket } from 'node:net'
import type { Job } from './job/job.ts'
import type { JobLog } from './log/job-log.ts'

/**
 * The network of a job that has a network namespace of its own: it reaches what these listeners answer, on its own
 * loopback, and nothing else. An executor with such namespaces makes the sockets inside of one; the connections arrive
 * here, in the runner's process, in the host's network. Spec: job-sandbox §1 to §4.
 */
export interface JobNetwork {
  readonly listeners: readonly JobListener[]
  /** Host names that the job finds at 127.0.0.1 without asking for them: the lines of its `/etc/hosts`. */
  readonly names: readonly string[]
  /** PEM: the authorities that the job's programs trust besides those of the host. Empty: none. */
  readonly authorities: string
  /** Ends all connections of the job. */
  close(): Promise<void>
}

export type JobListener =
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly onConnection: (socket: Socket) => void
    }
  | {
      /** A name server: one datagram in, at most one out; undefined drops it. */
      readonly kind: 'udp'
      readonly host: string
      readonly port: number
      readonly onMessage: (message: Uint8Array) => Uint8Array | undefined
    }

/** Opens the network of one job; what it refuses and what it answers itself is said in the job's log. */
export type OpenJobNetwork = (
  job: Pick<Job, 'id' | 'job_info'>,
  log: Pick<JobLog, 'notice' | 'warning'>,
) => Promise<JobNetwork>
