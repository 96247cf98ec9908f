import type { HostFolders } from './folders.ts'

const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy']

/** What a job gets of the host's environment, and nothing else. */
const INHERITED: readonly string[] = [
  'PATH',
  'LANG',
  'TZ',
  ...PROXIES,
  ...PROXIES.map((name) => name.toUpperCase()),
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'NODE_EXTRA_CA_CERTS',
]

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

export type HostEnvironment = Readonly<Record<string, string | undefined>>
export type Environment = Readonly<Record<string, string>>

export function inheritedEnvironment(host: HostEnvironment): Environment {
  const present = INHERITED.flatMap((name) => {
    const value = host[name]
    return value === undefined || value === '' ? [] : [[name, value] as const]
  })
  return sparingLoopback({ PATH: DEFAULT_PATH, ...Object.fromEntries(present) })
}

/** The server of a local run is on this machine, where no proxy finds it. */
function sparingLoopback(environment: Environment): Environment {
  if (!PROXIES.some((name) => name in environment || name.toUpperCase() in environment)) return environment
  const spared = environment['no_proxy'] ?? environment['NO_PROXY']
  const value = [...(spared === undefined ? [] : [spared]), '127.0.0.1', 'localhost'].join(',')
  return { ...environment, no_proxy: value, NO_PROXY: value }
}

/** For the runner's own programs on behalf of a job: its folders, none of its variables. */
export function toolEnvironment(host: HostEnvironment, folders: HostFolders): Environment {
  return { ...inheritedEnvironment(host), HOME: folders.toolHome, TMPDIR: folders.temporary }
}
