import { defineErrors } from '../base/index.ts'

export const httpErrors = defineErrors({
  'http.body-too-large': {
    status: 413,
    exit: 1,
    summary: 'A request body is larger than its route allows.',
    hint: 'send less; docs/reference/configuration.md lists the limits',
  },
  'http.body-type': {
    status: 415,
    exit: 1,
    summary: 'The content type of the request body is not supported by this route.',
    hint: 'send the content type that docs/reference/http-api.md names for the route',
  },
  'http.body-shape': {
    status: 400,
    exit: 1,
    summary: 'A request body lacks a field or has one of the wrong type.',
    hint: 'send the fields that docs/reference/http-api.md names for the route',
  },
  'http.not-acceptable': {
    status: 406,
    exit: 1,
    summary: 'The header Accept names no media type that the route has.',
    hint: 'accept application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html or text/html',
  },
  'http.body-slow': {
    status: 408,
    exit: 1,
    summary: 'The server was receiving too many request bodies, and this one used the most memory.',
    hint: 'send the request again, without pauses',
  },
  'http.file': {
    status: 500,
    exit: 1,
    summary: 'A stored file could not be read while it was sent.',
    hint: 'look for the request id in the log of the server',
  },
  'http.tls-fixed': {
    status: 500,
    exit: 1,
    summary: 'The executable cannot take a new TLS certificate while the server runs; the npm package can.',
    hint: 'restart the server',
  },
  'http.listen': {
    status: 500,
    exit: 1,
    summary: 'The server could not listen on its address.',
    hint: 'stop the process that uses the address, or choose a different address with --listen',
  },
})
