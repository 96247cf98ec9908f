import { defineErrors } from '../base/index.ts'

export const runnerErrors = defineErrors({
  'runner.server': {
    status: 502,
    exit: 1,
    summary: 'The server answered a runner request with something that its API does not have.',
    hint: 'check that the URL is that of a GitLab or Wheelseal server, and that the runner token is valid',
  },
  'runner.payload': {
    status: 502,
    exit: 1,
    summary: 'A job came from the server in a shape that this runner does not take.',
    hint: 'the server log says which job it was; cancel it there',
  },
  'runner.sources': {
    status: 500,
    exit: 1,
    summary: 'The sources of a job could not be fetched.',
    hint: 'check that the repository exists and holds the commit, and that git is installed',
  },
  'runner.python': {
    status: 500,
    exit: 1,
    summary: 'No Python of this machine can serve a job.',
    hint: 'install Python 3.9 or newer with its venv module (Debian: python3-venv)',
  },
  'runner.archive': {
    status: 400,
    exit: 1,
    summary:
      'An archive of artifacts or cache is damaged, too large, or names a place outside of the project.',
    hint: 'look at the job that made the archive',
  },
  'runner.artifacts': {
    status: 502,
    exit: 1,
    summary: 'Artifacts could not be moved to or from the server.',
    hint: 'the job log names the status; 413 means that the archive is larger than the server takes',
  },
  'runner.environment': {
    status: 400,
    exit: 1,
    summary: 'The variables of a job do not fit into the environment of a process.',
    hint: 'shorten the variable, or make it a file variable',
  },
})
