import { defineErrors } from '../base/index.ts'

export const httpErrors = defineErrors({
  'http.body-too-large': {
    status: 413,
    exit: 1,
    summary: 'A request body is larger than its route allows.',
    hint: 'send less; the caps stand in docs/reference/configuration.md',
  },
  'http.body-type': {
    status: 415,
    exit: 1,
    summary: 'A request body has a content type that its route does not take.',
    hint: 'send the content type that docs/reference/http-api.md names for the route',
  },
  'http.body-shape': {
    status: 400,
    exit: 1,
    summary: 'A request body lacks a field or has one of the wrong type.',
    hint: 'send the fields that docs/reference/http-api.md names for the route',
  },
  'http.body-slow': {
    status: 408,
    exit: 1,
    summary: 'Too many request bodies were under way, and this one held the most memory.',
    hint: 'send the request again, without pauses in its body',
  },
  'http.file': {
    status: 500,
    exit: 1,
    summary: 'A stored file could not be read while it was sent.',
    hint: 'the log of the server says more',
  },
  'http.listen': {
    status: 500,
    exit: 1,
    summary: 'The server could not listen on its address.',
    hint: 'stop what uses the address, or choose another one with --listen',
  },
})
