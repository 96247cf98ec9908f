import { defineErrors } from '../base/index.ts'

export const accessErrors = defineErrors({
  'access.path': {
    status: 400,
    exit: 2,
    summary: 'A project path is malformed.',
    hint: 'write GROUP/NAME in ASCII letters, digits, "_", "-" and "."; each part begins with a letter, a digit or "_"',
  },
  'access.reserved': {
    status: 400,
    exit: 2,
    summary: 'The first part of the path is reserved by the server or by GitLab.',
    hint: 'choose another name for the group',
  },
  'access.path-taken': {
    status: 409,
    exit: 1,
    summary: 'The path is taken by another project or group; upper and lower case count as the same.',
    hint: 'choose another path',
  },
  'access.visibility': {
    status: 400,
    exit: 2,
    summary: 'The visibility is not one of private, internal and public.',
    hint: 'use private, internal or public',
  },
  'access.login': {
    status: 400,
    exit: 2,
    summary: 'A user name is malformed.',
    hint: 'use ASCII letters, digits, "_", "-" and ".", beginning with a letter or digit; the name gitlab-ci-token is reserved',
  },
  'access.scope': {
    status: 400,
    exit: 2,
    summary: 'A token has no scope, or an unknown one.',
    hint: 'use api (read and write) or read_api (read only)',
  },
  'access.expiry': {
    status: 400,
    exit: 2,
    summary: 'The expiry of a new token is in the past.',
    hint: 'choose a time in the future',
  },
  'access.unauthenticated': {
    status: 401,
    exit: 1,
    summary: 'The credential is missing, wrong, expired or revoked, or this route does not accept its kind.',
    hint: 'send a personal access token, or, while its job runs, a job token with the user name gitlab-ci-token',
  },
  'access.forbidden': {
    status: 403,
    exit: 1,
    summary: 'The credential is valid but does not allow this.',
    hint: "use a token with the scope 'api', or the token of a job of the same project",
  },
  'access.unknown-project': {
    status: 404,
    exit: 1,
    summary: 'The project does not exist, or the credential may not see it.',
    hint: "check the id or the path; 'wheelseal project create GROUP/NAME' creates a project",
  },
})
