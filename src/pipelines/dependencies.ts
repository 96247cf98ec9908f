import type { Variable } from '../ciconfig/index.ts'
import { byStage } from './stages.ts'
import type { JobRecord } from './store.ts'

/** The parts of a job that say whose artifacts it takes. */
type Taker = Pick<JobRecord, 'id' | 'stageIndex' | 'plan'>

/** Names of jobs, where the job names them: GitLab's `build_dependencies.rb`. Undefined: all of earlier stages. */
function takenNames({ plan }: Taker): ReadonlySet<string> | undefined {
  const { needs, dependencies } = plan
  const fromNeeds = needs?.flatMap((need) =>
    'project' in need || 'pipeline' in need || !need.artifacts ? [] : [need.job],
  )
  if (dependencies === null) return fromNeeds && new Set(fromNeeds)
  const named = new Set(dependencies)
  return fromNeeds === undefined ? named : new Set(fromNeeds.filter((name) => named.has(name)))
}

/**
 * The jobs whose artifacts a job gets, in the order of the stages, each by its newest try. How they ended does not
 * matter, as on GitLab: what they uploaded counts.
 */
export function dependenciesOf(job: Taker, jobs: readonly JobRecord[]): readonly JobRecord[] {
  const names = takenNames(job)
  const isEarlier = (other: JobRecord): boolean =>
    names === undefined
      ? other.stageIndex < job.stageIndex
      : names.has(other.plan.name) && other.id !== job.id && isBefore(job, other)
  return byStage(jobs).filter((other) => !other.isRetried && isEarlier(other))
}

/** `dependencies` alone names jobs of earlier stages; needs may be of the same one. */
function isBefore({ stageIndex, plan }: Taker, other: JobRecord): boolean {
  return plan.needs === null ? other.stageIndex < stageIndex : other.stageIndex <= stageIndex
}

/** Variables of the dotenv reports that a job gets; of equal names the later job's wins. */
export function dotenvFor(job: Taker, jobs: readonly JobRecord[]): readonly Variable[] {
  return dependenciesOf(job, jobs).flatMap(({ dotenv }) => dotenv)
}
