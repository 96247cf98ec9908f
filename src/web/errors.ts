import { defineErrors } from '../base/index.ts'

export const webErrors = defineErrors({
  'web.other-site': {
    status: 403,
    exit: 1,
    summary: 'A form was sent from a page of another site, or by a client that does not say from where.',
    hint: 'open the page of this server in a browser, and send the form from there',
  },
  'web.login': {
    status: 403,
    exit: 1,
    summary: 'The token of a login is wrong, expired or revoked, or not one of a user or a project.',
    hint: "use a personal, project or group access token; 'wheelseal token create' makes one",
  },
})
