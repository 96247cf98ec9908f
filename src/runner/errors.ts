import { defineErrors } from '../base/index.ts'

export const runnerErrors = defineErrors({
  'runner.server': {
    status: 502,
    exit: 1,
    summary: 'The server sent an unexpected answer to a runner request.',
    hint: 'check that the URL is that of a GitLab or Wheelseal server, and that the runner token is valid',
  },
  'runner.unavailable': {
    status: 502,
    exit: 1,
    summary: 'The server has been unable to hand out jobs for a while.',
    hint: 'the log of the server says why; start the runner again when it answers',
  },
  'runner.payload': {
    status: 502,
    exit: 1,
    summary: 'The server sent a job that this runner cannot read.',
    hint: 'use a runner and a server of the same version; the log of the server names the job',
  },
  'runner.sources': {
    status: 500,
    exit: 1,
    summary: 'The sources of a job could not be fetched.',
    hint: 'check that the repository exists and holds the commit, and that git is installed',
  },
  'runner.folders': {
    status: 400,
    exit: 1,
    summary: 'A job has removed or replaced its project folder or the folder of its file variables.',
    hint: 'let the job remove what is in its project folder, but not the folder itself or those above it',
  },
  'runner.hook': {
    status: 400,
    exit: 1,
    summary: 'A script that runs before the sources of a job are fetched has failed.',
    hint: 'the job log has its output; check hooks:pre_get_sources_script in the pipeline',
  },
  'runner.python': {
    status: 500,
    exit: 1,
    summary: 'This machine has no Python that can run jobs.',
    hint: 'install Python 3.9 or newer with its venv module (Debian: python3-venv)',
  },
  'runner.sandbox': {
    status: 500,
    exit: 1,
    summary: 'The sandbox of a job could not be made on this machine.',
    hint: "'wheelseal doctor' says which step fails; --executor plain runs jobs without isolation",
  },
  'runner.image': {
    status: 500,
    exit: 1,
    summary: 'This machine has not what the image of a job names.',
    hint: 'install that version of Python, or leave out --strict-image',
  },
  'runner.archive': {
    status: 400,
    exit: 1,
    summary:
      'An artifacts or cache archive is damaged, too large, or contains a path outside of the project.',
    hint: 'check the job that created the archive',
  },
  'runner.artifacts': {
    status: 502,
    exit: 1,
    summary: 'Artifacts could not be uploaded or downloaded.',
    hint: 'the job log has the HTTP status; 413 means that the archive exceeds the limit of the server',
  },
  'runner.environment': {
    status: 400,
    exit: 1,
    summary: 'The variables of a job are too large for the environment of a process.',
    hint: 'shorten the variable, or make it a file variable',
  },
})
