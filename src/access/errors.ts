import { defineErrors } from '../base/index.ts'

export const accessErrors = defineErrors({
  'access.path': {
    status: 400,
    exit: 2,
    summary: 'A text is not the path of a project.',
    hint: 'write GROUP/NAME in ASCII letters, digits, "_", "-" and ".", each part beginning with a letter, a digit or "_"',
  },
  'access.reserved': {
    status: 400,
    exit: 2,
    summary: 'The first part of the path is one under which the server, or GitLab, serves something else.',
    hint: 'choose another name for the group',
  },
  'access.path-taken': {
    status: 409,
    exit: 1,
    summary: 'The path belongs to another project or group, in this or another spelling of its letters.',
    hint: 'choose another path',
  },
  'access.visibility': {
    status: 400,
    exit: 2,
    summary: 'A text is not a visibility.',
    hint: 'write private, internal or public',
  },
  'access.login': {
    status: 400,
    exit: 2,
    summary: 'A text is not the name of a user.',
    hint: 'use ASCII letters, digits, "_", "-" and ".", beginning with a letter or digit; gitlab-ci-token is reserved',
  },
  'access.scope': {
    status: 400,
    exit: 2,
    summary: 'A token has no scope, or one that does not exist.',
    hint: 'give api, which may write, or read_api',
  },
  'access.expiry': {
    status: 400,
    exit: 2,
    summary: 'A token would have expired before it is made.',
    hint: 'choose a time in the future',
  },
  'access.unauthenticated': {
    status: 401,
    exit: 1,
    summary: 'The request has no credential that counts here, or one that is wrong, expired or revoked.',
    hint: 'send a personal access token, or a job token as the user gitlab-ci-token while its job runs',
  },
  'access.forbidden': {
    status: 403,
    exit: 1,
    summary: 'The credential is good and does not allow this.',
    hint: "use a token with the scope 'api', or the token of a job of the same project",
  },
  'access.unknown-project': {
    status: 404,
    exit: 1,
    summary: 'There is no such project, or the credential may not see it.',
    hint: "check the id or the path; make a project with 'wheelseal project create GROUP/NAME'",
  },
})
