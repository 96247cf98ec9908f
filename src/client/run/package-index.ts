import type { Http, Spawn } from '../../base/index.ts'
import { fetchSimplePage } from '../../net/index.ts'

export interface PackageIndex {
  /** `…/simple`, without credentials; undefined where pip names none. */
  readonly url: string | undefined
  /** As the router takes them: the host of the index, with its port where that is its own, and those of its files. */
  readonly hosts: readonly string[]
  /** Those that the user chose, and no page. */
  readonly configured: readonly string[]
  /** Ports of this machine, where the index is here. */
  readonly ports: readonly number[]
}

/** For jobs that install from a wheelhouse. */
export const NO_INDEX: PackageIndex = { url: undefined, hosts: [], configured: [], ports: [] }

export interface IndexPorts {
  readonly spawn: Spawn
  readonly http: Http
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Only pip knows which index it uses: its configuration may name one, else it is the one that it was made with. */
const QUESTION =
  'import subprocess, sys; from pip._internal.models.index import PyPI; got = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True); own = subprocess.run([sys.executable, "-m", "pip", "config", "get", ":env:.index-url"], capture_output=True, text=True); print(own.stdout.strip() or got.stdout.strip() or PyPI.simple_url)'
const MAX_ANSWER_BYTES = 4096
const LOOPBACK = /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/
/** A package that each index for Python has, and whose page is asked for its links only. */
const PROBE = 'wheel'
/** A page may name as many hosts as it likes. */
const MAX_FILE_HOSTS = 8

/** The index of this machine's pip, and the hosts that a job must reach to install from it. */
export async function readPackageIndex(ports: IndexPorts): Promise<PackageIndex> {
  const url = await indexUrl(ports)
  if (url === undefined) return NO_INDEX
  const { hostname, port, href } = url
  if (LOOPBACK.test(hostname))
    return {
      url: shown(href),
      hosts: [],
      configured: [],
      ports: [Number(port || (url.protocol === 'https:' ? 443 : 80))],
    }
  const own = addressOf(url)
  const files = await fileHosts(href, ports)
  return { url: shown(href), hosts: [...new Set([own, ...files])], configured: [hostname], ports: [] }
}

async function indexUrl({ spawn, env, signal }: IndexPorts): Promise<URL | undefined> {
  let text = ''
  await spawn
    .run({
      argv: ['python3', '-c', QUESTION],
      env,
      signal,
      onOutput: (chunk, stream) => {
        if (stream === 'stdout' && text.length < MAX_ANSWER_BYTES) text += Buffer.from(chunk).toString('utf8')
      },
    })
    .catch(() => undefined)
  const url = URL.parse(text.trim())
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return url
}

/** Where the links of a page lead. An index that does not answer is said by pip, which asks it again. */
async function fileHosts(url: string, { http, signal }: IndexPorts): Promise<readonly string[]> {
  try {
    const answer = await fetchSimplePage(http, { indexUrl: url, name: PROBE, signal })
    if (answer.kind !== 'page') return []
    const hosts = new Set(answer.page.files.map((file) => addressOf(new URL(file.url))))
    return [...hosts].filter((host) => /[a-z]/.test(host)).slice(0, MAX_FILE_HOSTS)
  } catch {
    return []
  }
}

function addressOf({ hostname, port }: URL): string {
  return port === '' ? hostname : `${hostname}:${port}`
}

function shown(href: string): string {
  return href.replace(/\/+$/, '')
}
