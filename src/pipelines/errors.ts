import { defineErrors, WheelsealError } from '../base/index.ts'
import type { JobState } from './store.ts'

export const pipelineErrors = defineErrors({
  'pipelines.unknown': {
    status: 404,
    exit: 1,
    summary: 'There is no pipeline or job with that number.',
    hint: 'check the number',
  },
  'pipelines.commit': {
    status: 400,
    exit: 1,
    summary: 'A pipeline was asked for a commit whose name, ref or source is not one.',
    hint: 'name the commit by its full SHA and its branch or tag',
  },
  'pipelines.runner-token': {
    status: 403,
    exit: 1,
    summary: 'The token is not that of a registered runner.',
    hint: 'register the runner and give it the token that begins with glrt-',
  },
  'pipelines.job-token': {
    status: 403,
    exit: 1,
    summary: 'The token is not the token of this job, or of a job that may see this one.',
    hint: "send the job's own token in the header JOB-TOKEN",
  },
  'pipelines.job-ended': {
    status: 403,
    exit: 1,
    summary: 'The job is not running: it has ended, timed out or been cancelled.',
    hint: 'stop the job; its token is dead',
  },
  'pipelines.job-update': {
    status: 400,
    exit: 1,
    summary: 'A runner reports a state that a job cannot have.',
    hint: 'send pending, running, success or failed',
  },
  'pipelines.trace-range': {
    status: 400,
    exit: 1,
    summary: "A part of a job's log comes without a Content-Range, or with one that does not fit its bytes.",
    hint: 'send Content-Range: START-END, END inclusive, as long as the body',
  },
  'pipelines.trace-too-long': {
    status: 403,
    exit: 1,
    summary: "A job's log is longer than the server keeps.",
    hint: 'let the job print less',
  },
  'pipelines.artifacts-kind': {
    status: 400,
    exit: 1,
    summary: 'An upload of artifacts has a type, format or file name that is not taken.',
    hint: 'upload one zip archive as artifact_type=archive, artifact_format=zip',
  },
  'pipelines.artifacts-taken': {
    status: 400,
    exit: 1,
    summary: 'The job has uploaded other artifacts already.',
    hint: 'upload artifacts once; only the same bytes may come again',
  },
  'pipelines.artifacts-absent': {
    status: 404,
    exit: 1,
    summary: 'The job has no artifacts.',
    hint: 'check that the job lists artifacts:paths and has succeeded',
  },
})

/** `pipelines.job-ended`, with the state that a runner is told in the header Job-Status. */
export class JobEndedError extends WheelsealError {
  readonly state: JobState

  constructor(jobId: number, state: JobState) {
    const { code, hint, status, exit } = pipelineErrors('pipelines.job-ended', '')
    super(code, `job ${jobId} is not running, its state is ${state}`, { hint, status, exit, summary: '' })
    this.state = state
  }
}
