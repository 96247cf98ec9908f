import { defineErrors } from '../base/index.ts'

export const clientErrors = defineErrors({
  'client.fingerprint': {
    status: 400,
    exit: 2,
    summary: 'A fingerprint is missing or malformed.',
    hint: "'wheelseal up' and 'wheelseal trust show' print it on the server; get it from the operator, in person or from another source that you trust",
  },
  'client.fingerprint-mismatch': {
    status: 502,
    exit: 1,
    summary: 'The TUF root of the server does not have the given fingerprint.',
    hint: 'check the URL and the fingerprint with the operator of the server; if both are right, the connection is being intercepted',
  },
  'client.trust-source': {
    status: 400,
    exit: 2,
    summary: 'The flags do not say which instance is meant.',
    hint: 'give --data for an instance on this machine, or --url and --fingerprint for a server',
  },
  'client.no-project': {
    status: 400,
    exit: 1,
    summary: 'The folder is not a project that a pipeline can run on.',
    hint: 'name the folder of a Python project with -C; if it is a git repository, check out a branch with at least one commit',
  },
  'client.sandbox': {
    status: 500,
    exit: 1,
    summary: 'Jobs cannot be isolated on this machine.',
    hint: "'wheelseal doctor' shows which step fails; --executor plain runs jobs as your user, without isolation",
  },
  'client.runner-token': {
    status: 400,
    exit: 2,
    summary: 'The token of the runner is missing or malformed.',
    hint: 'an administrator makes one with POST /api/v4/user/runners; give it in WHEELSEAL_RUNNER_TOKEN or with --token-file',
  },
  'client.access-token': {
    status: 400,
    exit: 2,
    summary: 'There is no access token for the server, or it is malformed.',
    hint: 'set WHEELSEAL_TOKEN or give --token-file; the token needs the scope api, of a maintainer of the project',
  },
  'client.run-url': {
    status: 400,
    exit: 2,
    summary: 'A run on a server of another process was asked for what only a run with --data can do.',
    hint: 'leave out what is named, or run with --data',
  },
  'client.run-project': {
    status: 404,
    exit: 1,
    summary: 'The server has no such project that the token may see.',
    hint: 'name the project with --project GROUP/NAME; an owner of the group creates it on the server',
  },
  'client.run-right': {
    status: 403,
    exit: 1,
    summary: 'The token does not allow to run pipelines of the project here.',
    hint: 'use a token with the scope api of a maintainer of the project',
  },
  'client.push': {
    status: 502,
    exit: 1,
    summary: 'The server did not accept the push of the commit.',
    hint: "the text after the colon is the message of git; where the branch has other commits, fetch and merge them first: 'wheelseal run' never forces a push",
  },
  'client.run-pipeline': {
    status: 502,
    exit: 1,
    summary: 'The server did not make a pipeline of the commit.',
    hint: "check the rules of .gitlab-ci.yml for this ref, and that the commit message does not say [skip ci]; 'wheelseal plan' shows the jobs",
  },
  'client.run-variable': {
    status: 400,
    exit: 2,
    summary: 'A variable for a pipeline is malformed or not set.',
    hint: 'write --variable NAME=VALUE, or --variable NAME to take the value from the environment',
  },
  'client.variables-file': {
    status: 400,
    exit: 2,
    summary: 'The file with the variables of project and groups cannot be read.',
    hint: 'write JSON: {"project": {"NAME": "value"}, "groups": {}, "instance": {}}',
  },
  'client.missing': {
    status: 500,
    exit: 1,
    summary: 'A program that a run needs is not installed, or pip cannot reach a package index.',
    hint: 'fix what is named, then run the command again',
  },
  'client.git': {
    status: 500,
    exit: 1,
    summary: 'A git command on the project failed.',
    hint: 'the text after the colon is the message of git; try the command in the folder of the project',
  },
})
