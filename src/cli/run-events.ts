import type { JsonValue } from '../base/index.ts'
import type { RunnerEvent } from '../runner/index.ts'
import type { RunStart } from '../client/index.ts'

/**
 * What `run --json` prints before its result, one value a line (docs/how-to/run-your-project.md). What jobs print is not
 * among it: that is in their logs.
 */
export function startJson({ pipeline, source }: RunStart): JsonValue {
  return {
    event: 'pipeline',
    id: pipeline.id,
    project: source.path,
    sha: source.sha,
    ref: source.ref.name,
    refType: source.ref.type,
    jobs: pipeline.jobs.map(({ id, name, stage }) => ({ id, name, stage })),
  }
}

/** Undefined for what is no event of its own. */
export function eventJson(event: RunnerEvent): JsonValue | undefined {
  const { id, name, stage } = event.job
  if (event.kind === 'job-started') return { event: 'job-started', id, name, stage }
  if (event.kind !== 'job-ended') return undefined
  const { state, durationMs, exitCode = null, reason = null } = event.outcome
  return { event: 'job-ended', id, name, stage, state, exitCode, reason, durationMs }
}

export function noteJson(text: string): JsonValue {
  return { event: 'note', text }
}
