import type { Variable } from '../ciconfig/index.ts'
import type { Giver, GiversOf, JobRecord } from './store.ts'

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

/** Whom a job may take from, to be asked of the store. */
export function giversOf(job: Taker): GiversOf {
  const names = takenNames(job)
  return names === undefined ? { beforeStage: job.stageIndex } : { names: [...names] }
}

/** How they ended does not matter, as on GitLab: what they uploaded counts. */
export function dependenciesOf(job: Taker, givers: readonly Giver[]): readonly Giver[] {
  return givers.filter((giver) => giver.id !== job.id && isBefore(job, giver))
}

/** `dependencies` alone names jobs of earlier stages; needs may be of the same one. */
function isBefore({ stageIndex, plan }: Taker, other: Giver): boolean {
  return plan.needs === null ? other.stageIndex < stageIndex : other.stageIndex <= stageIndex
}

/** Variables of the dotenv reports that a job gets; of equal names the later job's wins. */
export function dotenvOf(dependencies: readonly Giver[]): readonly Variable[] {
  return dependencies.flatMap(({ dotenv }) => dotenv)
}
