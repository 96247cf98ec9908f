import { X509Certificate } from 'node:crypto'
import { parseIsoTime, type Clock } from '../../base/index.ts'
import { parseCertificatesPem } from '../../formats/x509/index.ts'
import type { Metrics, Sample } from '../../http/index.ts'
import type { TransparencyLog } from '../../log/index.ts'
import type { PrivateSigstore } from '../sigstore/sigstore.ts'

interface Measured {
  readonly trust: PrivateSigstore
  readonly metrics: Metrics
}

/** The services that count what they gave; everything else of them stays as it is. */
export function counted({ trust, metrics }: Measured): Pick<PrivateSigstore, 'authority' | 'tsa'> {
  const { authority, tsa } = trust
  const certificate = metrics.counter('wheelseal_certificates_issued_total', 'Certificates issued.')
  const timestamp = metrics.counter(
    'wheelseal_timestamps_total',
    'Timestamp requests answered, refusals too.',
  )
  return {
    authority: replacing(authority, {
      issue: async (request) => {
        const issued = await authority.issue(request)
        certificate()
        return issued
      },
    }),
    tsa: replacing(tsa, {
      timestamp: (request) => {
        timestamp()
        return tsa.timestamp(request)
      },
      answer: (request) => {
        timestamp()
        return tsa.answer(request)
      },
    }),
  }
}

function replacing<T extends object>(service: T, methods: Partial<T>): T {
  return Object.assign(Object.create(service) as T, methods)
}

/** What is read when `/metrics` is asked for. */
export function addGauges({ trust, metrics }: Measured, clock: Clock): void {
  metrics.gauge('wheelseal_log_entries', 'Entries of a log, its first one included.', async () => [
    ...(await sizeOf('rekor', trust.logs.rekor)),
    ...(await sizeOf('ct', trust.logs.ct)),
  ])
  metrics.gauge('wheelseal_tuf_expiry_timestamp_seconds', 'When a document of the TUF repository ends.', () =>
    trust.repository
      .status()
      .map(({ role, expires }) => ({ labels: { role }, value: parseIsoTime(expires) })),
  )
  metrics.gauge(
    'wheelseal_certificate_expiry_timestamp_seconds',
    'When a chain ends, at its first certificate.',
    () => chainExpiries(trust.material),
  )
  addProcessGauges(metrics, clock)
}

/** Nothing of a log that was lost. */
async function sizeOf(log: string, from: TransparencyLog): Promise<readonly Sample[]> {
  const newest = await from.head().catch(() => undefined)
  return newest === undefined ? [] : [{ labels: { log }, value: newest.size }]
}

function chainExpiries({ fulcio, tsa }: PrivateSigstore['material']): readonly Sample[] {
  return Object.entries({ authority: fulcio, timestamp: tsa }).map(([chain, pem]) => {
    const ends = parseCertificatesPem(pem).map(
      ({ der }) => new X509Certificate(der).validToDate.getTime() / 1000,
    )
    return { labels: { chain }, value: Math.min(...ends) }
  })
}

/** Under the names that every exporter uses. */
function addProcessGauges(metrics: Metrics, clock: Clock): void {
  const one = (value: number): readonly Sample[] => [{ value }]
  metrics.gauge('process_resident_memory_bytes', 'Resident memory.', () => one(process.memoryUsage.rss()))
  metrics.gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => one(process.memoryUsage().heapUsed))
  metrics.gauge('process_cpu_seconds_total', 'CPU time, user and system.', () => {
    const { user, system } = process.cpuUsage()
    return one((user + system) / 1e6)
  })
  const startedSeconds = Math.round(clock.nowMs() / 1000 - process.uptime())
  metrics.gauge('process_start_time_seconds', 'When the process began.', () => one(startedSeconds))
}
