import { readFile } from 'node:fs/promises'
import type { Environment, HostEnvironment } from '../job/host-environment.ts'
import type { SandboxFile } from './order.ts'

/** Where programs look first: Debian's and Alpine's, Fedora's, openSUSE's. The first is what every job has. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
] as const
const BUNDLE = BUNDLES[0]
const NAMED_BY = [
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CURL_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
] as const
const PROGRAM = 0o755
const TEXT = 0o644
/** Both succeed at once and change nothing: what is there is there, what is not says so. */
const APT_CONFIGURATION =
  'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "/dev/null";\nAPT::Sandbox::User "root";\n'

/** A job is root already, and the machine's own `sudo` cannot make it so. */
const SUDO = `#!/bin/sh
while :; do
  case "\${1-}" in
    -[ughpCTRD]) shift 2 ;;
    --) shift; break ;;
    -* | *=*) [ "\${1#-}" = "$1" ] && export "$1"; shift ;;
    *) break ;;
  esac
done
[ "$#" -gt 0 ] || exit 0
exec "$@"
`

/** For a machine without apt: what is there is there, and what is not is said. */
const APT_GET = `#!/bin/sh
command=; missing=
for word in "$@"; do
  case "$word" in
    -*) ;;
    *) if [ -z "$command" ]; then command=$word
       elif [ "$command" = install ] && ! command -v "$word" >/dev/null 2>&1; then missing="$missing $word"
       fi ;;
  esac
done
[ -z "$missing" ] && exit 0
echo "apt-get: this machine has no apt, and no program of the name:$missing" >&2
exit 100
`

export interface JobFiles {
  readonly files: readonly SandboxFile[]
  readonly env: Environment
}

export interface JobFilesOrder {
  readonly host: HostEnvironment
  readonly names: readonly string[]
  readonly authorities: string
  readonly hasApt: boolean
}

/** What a job finds in `/etc` instead of the host's, its stand-in programs, and the variables that name its authorities. */
export async function jobFiles({ host, names, authorities, hasApt }: JobFilesOrder): Promise<JobFiles> {
  const bundle = `${await hostBundle(host)}\n${authorities}`
  const local = ['127.0.0.1 localhost job', '::1 localhost', ...names.map((name) => `127.0.0.1 ${name}`)]
  return {
    files: [
      ['/etc/hosts', `${local.join('\n')}\n`, TEXT],
      ['/etc/resolv.conf', 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n', TEXT],
      ['/etc/hostname', 'job\n', TEXT],
      [BUNDLE, bundle, TEXT],
      ['/usr/bin/sudo', SUDO, PROGRAM],
      hasApt
        ? ['/etc/apt/apt.conf.d/99job', APT_CONFIGURATION, TEXT]
        : ['/usr/bin/apt-get', APT_GET, PROGRAM],
    ],
    env: {
      ...Object.fromEntries(NAMED_BY.map((name) => [name, BUNDLE])),
      GIT_SSL_CAINFO: BUNDLE,
    },
  }
}

/** Of all files that the host's programs are told of, since each may know an authority that the others do not. */
async function hostBundle(host: HostEnvironment): Promise<string> {
  const named = NAMED_BY.flatMap((name) => host[name] ?? [])
  const texts = await Promise.all([...new Set([...named, ...BUNDLES])].map(textOf))
  return [...new Set(texts)].join('\n')
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
