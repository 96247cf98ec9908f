import { defineErrors } from '../base/index.ts'

export const netErrors = defineErrors({
  'net.url': {
    status: 400,
    exit: 2,
    summary: 'The URL is not valid.',
    hint: 'use an http:// or https:// URL without user name or password',
  },
  'net.unreachable': {
    status: 502,
    exit: 1,
    summary: 'The service did not answer: the connection failed or was closed.',
    hint: 'check that the service runs, and check the URL, the proxy and the firewall',
  },
  'net.other-host': {
    status: 502,
    exit: 1,
    summary: 'A URL or a redirect leads to another host, where it must not.',
    hint: 'use the URL of that host in the first place, if you trust it; credentials are never sent to another host',
  },
  'net.not-public': {
    status: 400,
    exit: 1,
    summary:
      'A pipeline includes a file from an address of a private network or of this machine, or a package index leads there, and neither is fetched: the address may have been written by a stranger.',
    hint: 'put the file below remote/HOST/PATH of a mirror folder and name the folder with --mirror; an index in a private network may lead to its own hosts, restart the gate if it has moved there',
  },
  'net.timeout': {
    status: 504,
    exit: 1,
    summary: 'The service did not answer in time.',
    hint: 'try again; if it fails again, look at the log of the service',
  },
  'net.authorities': {
    status: 500,
    exit: 1,
    summary: 'The file of SSL_CERT_FILE cannot be read, or has no PEM certificates.',
    hint: 'set SSL_CERT_FILE to a PEM file of CA certificates, or unset it',
  },
  'net.proxy': {
    status: 500,
    exit: 1,
    summary: 'A proxy variable is not the URL of a proxy.',
    hint: 'set HTTPS_PROXY and HTTP_PROXY to a URL such as http://proxy.example:3128, or unset them',
  },
  'net.refused': {
    status: 502,
    exit: 1,
    summary: 'The service refused the request.',
    hint: 'the text after the status is the answer of the service, with the reason',
  },
  'net.overloaded': {
    status: 503,
    exit: 1,
    summary: 'The service was overloaded in several attempts.',
    hint: 'try again in a minute',
  },
  'net.reply': {
    status: 502,
    exit: 1,
    summary: 'The answer of the service is malformed.',
    hint: 'check that the URL is that of the service, not of a proxy or a login page',
  },
  'net.trusted-publishing': {
    status: 403,
    exit: 1,
    summary: 'The registry did not exchange the id token for an upload token.',
    hint: 'check that the registry has a trusted publisher for this project, ref and pipeline file, and that the id token has its audience',
  },
  'net.tuf': {
    status: 502,
    exit: 1,
    summary:
      'The trust root of the TUF repository could not be fetched or does not verify from its first root.',
    hint: 'check the URL of the TUF metadata, check that the first root or its fingerprint is of this repository, and that the clock of this machine is right',
  },
  'net.tuf-offline': {
    status: 500,
    exit: 1,
    summary:
      'With --offline the TUF repository is not asked, and no trust root was kept from an earlier call.',
    hint: 'run the command once without --offline, or use --trusted-root FILE',
  },
})
