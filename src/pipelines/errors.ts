import { defineErrors, WheelsealError } from '../base/index.ts'
import type { JobState } from './store.ts'

export const pipelineErrors = defineErrors({
  'pipelines.unknown': {
    status: 404,
    exit: 1,
    summary: 'The pipeline or job does not exist.',
    hint: 'check the id',
  },
  'pipelines.commit': {
    status: 400,
    exit: 1,
    summary: 'The commit, ref or source of a new pipeline is malformed.',
    hint: 'name the commit by its full SHA and its branch or tag',
  },
  'pipelines.job-name': {
    status: 400,
    exit: 1,
    summary: 'The pipeline of this ref has no job of that name.',
    hint: "'wheelseal plan' lists the jobs; --why JOB says which rule left one out",
  },
  'pipelines.runner-token': {
    status: 403,
    exit: 1,
    summary: 'The token does not belong to a registered runner.',
    hint: 'register the runner, and use its token, which begins with glrt-',
  },
  'pipelines.runner-tags': {
    status: 400,
    exit: 1,
    summary: 'The tags of a new runner are malformed, or leave it without any job.',
    hint: 'give at most 50 tags of up to 255 characters, or let the runner take untagged jobs',
  },
  'pipelines.runner-type': {
    status: 400,
    exit: 1,
    summary: 'A runner was to be created for a group, or for a project that was not named.',
    hint: 'create it with runner_type=project_type and project_id, or with runner_type=instance_type as an administrator',
  },
  'pipelines.runner-count': {
    status: 400,
    exit: 1,
    summary: 'The project has as many runners of its own as it may have.',
    hint: 'remove those that no machine uses: DELETE /api/v4/runners with the token of each',
  },
  'pipelines.runner-manager': {
    status: 404,
    exit: 1,
    summary: 'The runner has no manager with that system id.',
    hint: 'check the file .runner_system_id next to the config.toml of the runner',
  },
  'pipelines.registration-token': {
    status: 410,
    exit: 1,
    summary: 'Runners are not registered with a registration token.',
    hint: 'create the runner first (POST /user/runners, or wheelseal on the server), and register it with its glrt- token',
  },
  'pipelines.trace-incomplete': {
    status: 412,
    exit: 1,
    summary: 'A runner ended its job before all of its log had arrived.',
    hint: 'send the log again from its beginning; the server says where to go on',
  },
  'pipelines.job-token': {
    status: 403,
    exit: 1,
    summary: 'The token does not belong to this job, nor to a job that may read it.',
    hint: "send the job's own token in the header JOB-TOKEN",
  },
  'pipelines.job-ended': {
    status: 403,
    exit: 1,
    summary: 'The job is not running: it has ended, timed out or been cancelled.',
    hint: 'stop the job; its token is no longer valid',
  },
  'pipelines.not-retryable': {
    status: 403,
    exit: 1,
    summary: 'The job cannot be retried: it has not ended, or was retried already.',
    hint: 'wait for its end, or retry the newest try of the job',
  },
  'pipelines.not-playable': {
    status: 400,
    exit: 1,
    summary: 'The job waits neither for a person nor for a time.',
    hint: 'play manual and delayed jobs once the jobs before them have ended',
  },
  'pipelines.not-erasable': {
    status: 403,
    exit: 1,
    summary: 'The job cannot be erased: it has not ended, or has left nothing.',
    hint: 'cancel it first, or wait for its end',
  },
  'pipelines.busy': {
    status: 409,
    exit: 1,
    summary: 'Jobs of a pipeline were started again and again while it was removed.',
    hint: 'remove it once more',
  },
  'pipelines.lost-race': {
    status: 409,
    exit: 1,
    summary: 'Other runners took each job that waited.',
    hint: 'ask for a job again',
  },
  'pipelines.dotenv': {
    status: 400,
    exit: 1,
    summary: 'A dotenv report is not what GitLab takes.',
    hint: 'write KEY=value in each line, at most 5 KiB and 150 variables, without empty lines, comments and quotes',
  },
  'pipelines.job-update': {
    status: 400,
    exit: 1,
    summary: 'A runner reported a state that a job cannot have.',
    hint: 'send pending, running, success or failed',
  },
  'pipelines.trace-range': {
    status: 400,
    exit: 1,
    summary: 'A part of a job log has no Content-Range, or one that does not match its length.',
    hint: 'send Content-Range: START-END, END inclusive, as long as the body',
  },
  'pipelines.trace-too-long': {
    status: 403,
    exit: 1,
    summary: 'A job log exceeds the limit of the server.',
    hint: 'make the job print less',
  },
  'pipelines.artifacts-kind': {
    status: 400,
    exit: 1,
    summary: 'An artifact upload has an unsupported type, format or file name.',
    hint: 'upload the archive as artifact_type=archive, artifact_format=zip, and the reports that the job lists as gzip',
  },
  'pipelines.artifacts-taken': {
    status: 400,
    exit: 1,
    summary: 'The job has already uploaded a different artifact of that type.',
    hint: 'upload artifacts once; only identical bytes are accepted again',
  },
  'pipelines.archive': {
    status: 400,
    exit: 1,
    summary: 'One file was asked for out of an archive that is not a zip, is encrypted, or is too large.',
    hint: 'download the whole archive',
  },
  'pipelines.archive-member': {
    status: 404,
    exit: 1,
    summary: 'The archive of the job has no file at that path.',
    hint: 'check the path; it begins at the root of the project',
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
