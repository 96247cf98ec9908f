import { defineErrors } from '../base/index.ts'

export const netErrors = defineErrors({
  'net.url': {
    status: 400,
    exit: 2,
    summary: 'A URL is not one that a request can be sent to.',
    hint: 'give an http:// or https:// URL without a user name or password in it',
  },
  'net.unreachable': {
    status: 502,
    exit: 1,
    summary: 'A service did not answer: no connection, or one that broke.',
    hint: 'check that the service runs and that the URL, the proxy and the firewall let the request through',
  },
  'net.timeout': {
    status: 504,
    exit: 1,
    summary: 'A service did not answer in time.',
    hint: 'try again; if it stays so, look at the log of the service',
  },
  'net.authorities': {
    status: 500,
    exit: 1,
    summary: 'The file of TLS authorities that SSL_CERT_FILE names cannot be used.',
    hint: 'let SSL_CERT_FILE name a readable PEM file of certificates, or unset it',
  },
  'net.proxy': {
    status: 500,
    exit: 1,
    summary: 'A proxy variable does not hold the URL of a proxy.',
    hint: 'set HTTPS_PROXY and HTTP_PROXY to a URL such as http://proxy.example:3128, or unset them',
  },
  'net.refused': {
    status: 502,
    exit: 1,
    summary: 'A service answered that it will not do what was asked.',
    hint: 'the text after the status is the answer of the service; it says what to change',
  },
  'net.overloaded': {
    status: 503,
    exit: 1,
    summary: 'A service was still too busy after several attempts.',
    hint: 'try again in a minute',
  },
  'net.reply': {
    status: 502,
    exit: 1,
    summary: 'A service answered with something that its protocol does not know.',
    hint: 'check that the URL is that of the service, and not of a proxy or a login page',
  },
  'net.tuf': {
    status: 502,
    exit: 1,
    summary: 'A TUF repository did not give a trust root that its first root leads to.',
    hint: 'check that the address is that of the metadata, that the root or its fingerprint is of the same repository and came by a way that you trust, and that the clock of this machine is right',
  },
  'net.tuf-offline': {
    status: 500,
    exit: 1,
    summary: 'Nobody may be asked, and no trust root of the TUF repository was kept from before.',
    hint: 'run the command once without --offline, or give a file with --trusted-root',
  },
})
