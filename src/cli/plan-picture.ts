import type { Decision, LinkedNeed, Plan, PlannedJob, Reasons, RuleStep } from '../ciconfig/index.ts'
import type { PlanReport } from '../client/plan/index.ts'
import type { Line } from './screen.ts'

const MAX_NAME_WIDTH = 40

/** Stages and their jobs, each with what it waits for and the rule that let it in; then the jobs that are out. */
export function planPicture({ plan, kind }: PlanReport): readonly Line[] {
  const { jobs, decisions, stages, workflow } = plan
  const reasons = new Map(decisions.map((decision) => [decision.job, decision]))
  const width = Math.min(MAX_NAME_WIDTH, Math.max(0, ...decisions.map(({ job }) => job.length)))
  const out = decisions.filter(({ isIn }) => !isIn)
  return [
    `${workflow.name ?? 'pipeline'}: ${kind.source} of the ${kind.ref.type} ${kind.ref.name}, ${count(jobs.length)}`,
    ...stages.flatMap((stage) => stageLines(stage, { jobs, reasons, width })),
    ...(out.length === 0 ? [] : ['not in the pipeline']),
    ...out.map(({ job, because }): Line => ({ mark: 'skipped', text: `  ${job.padEnd(width)}  ${because}` })),
  ]
}

function count(jobs: number): string {
  return jobs === 1 ? '1 job' : `${jobs} jobs`
}

interface Stage {
  readonly jobs: readonly PlannedJob[]
  readonly reasons: ReadonlyMap<string, Decision>
  readonly width: number
}

function stageLines(stage: string, { jobs, reasons, width }: Stage): readonly Line[] {
  const own = jobs.filter((job) => job.stage === stage)
  if (own.length === 0) return []
  return [
    stage,
    ...own.map((job): Line => ({
      mark: 'passed',
      text: `  ${job.name.padEnd(width)}  ${factsOf(job, reasons.get(job.name))}`.trimEnd(),
    })),
  ]
}

function factsOf(
  { when, needs, allow_failure, rules_matched }: PlannedJob,
  decision: Decision | undefined,
): string {
  const facts = [
    ...(when === 'on_success' ? [] : [when.replace('_', ' ')]),
    ...(allow_failure === false ? [] : ['may fail']),
    ...(needs === null ? [] : [needsText(needs)]),
    ...(rules_matched === null ? [] : [ruleText(decision)]),
  ]
  return facts.join(', ')
}

function needsText(needs: readonly LinkedNeed[]): string {
  if (needs.length === 0) return 'starts at once'
  return `needs ${needs.map((need) => ('project' in need ? `${need.job} of ${need.project}` : (need.job ?? 'a pipeline'))).join(' and ')}`
}

function ruleText(decision: Decision | undefined): string {
  const last = decision?.steps.at(-1)
  return last === undefined ? '' : `rule ${last.rule + 1}: ${last.because}`
}

/** Every rule that was asked, for one job or all that its `parallel` makes. */
export function whyLines({ decisions, workflow_steps }: Plan | Reasons, job: string): readonly Line[] {
  const wanted = decisions.filter(
    (one) => one.job === job || one.job.startsWith(`${job} `) || one.job.startsWith(`${job}: `),
  )
  if (job === 'workflow') return stepLines(workflow_steps)
  if (wanted.length === 0)
    return [`${job} is not a job of the file; there are ${decisions.map((one) => one.job).join(', ')}`]
  return wanted.flatMap(decisionLines)
}

function decisionLines({ job, isIn, because, steps }: Decision): readonly Line[] {
  return [`${job} is ${isIn ? '' : 'not '}in the pipeline: ${because}`, ...stepLines(steps)]
}

function stepLines(steps: readonly RuleStep[]): readonly Line[] {
  return steps.map(({ rule, at, holds, because }): Line => ({
    mark: holds ? 'passed' : 'failed',
    text: `  rule ${rule + 1} (${at.file}:${at.line}) ${holds ? 'holds' : 'does not hold'}: ${because}`,
  }))
}
