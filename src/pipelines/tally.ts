import { kindOf, type Counted, type Kind } from './status.ts'
import type { JobRecord, Tally } from './store.ts'

type Tallied = Counted & Pick<JobRecord, 'stageIndex' | 'isRetried'>

/** With these jobs too. */
export function tallyWith(tally: Tally, jobs: Iterable<Tallied>): Tally {
  return counted(tally, jobs, 1)
}

/** Without these jobs. Undefined: they were never counted, so that the tally says nothing. */
export function tallyWithout(tally: Tally, jobs: Iterable<Tallied>): Tally | undefined {
  const rest = counted(tally, jobs, -1)
  return Object.values(rest).some((count) => count < 0) ? undefined : rest
}

function counted(tally: Tally, jobs: Iterable<Tallied>, by: 1 | -1): Tally {
  const counts = new Map(Object.entries(tally))
  for (const job of jobs) {
    if (job.isRetried) continue
    const key = `${job.stageIndex}:${kindOf(job)}`
    counts.set(key, (counts.get(key) ?? 0) + by)
  }
  return Object.fromEntries([...counts].filter(([, count]) => count !== 0))
}

/** Which kinds each stage has. */
export function kindsOf(tally: Tally): ReadonlyMap<number, readonly Kind[]> {
  const kinds = new Map<number, Kind[]>()
  for (const key of Object.keys(tally)) {
    const [stage = '', kind = ''] = key.split(':')
    const list = kinds.get(Number(stage)) ?? []
    list.push(kind as Kind)
    kinds.set(Number(stage), list)
  }
  return kinds
}
