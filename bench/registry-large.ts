/** A wheel of a gibibyte up and down with `curl`, while pages are asked for at a steady rate. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pace } from './pace.ts'
import { mostRssMiB } from './processes.ts'
import type { Peer } from './registry-peers.ts'
import type { RegistryServer } from './registry-stores.ts'
import { formFields } from './registry-uploads.ts'
import { table } from './report.ts'

const GIB = 2 ** 30
const QUIET_MS = 3000
const MAX_MS = 90_000
const NAME = 'gibibyte'
export const LARGE_WHEEL = `${NAME}-1.0-py3-none-any.whl`
const COLUMNS = [
  'what',
  'seconds',
  'MB/s',
  'ours over it',
  'RSS at most, MiB',
  'index pages, p50 ms',
  'p99 ms',
  'longest ms',
]

export interface LargeWheel {
  readonly path: string
  readonly sha256: string
}

export function makeLargeWheel(folder: string): LargeWheel {
  const path = join(folder, LARGE_WHEEL)
  const program = join(import.meta.dirname, 'large-wheel.py')
  const sha256 = execFileSync('python3', [program, path, NAME, String(GIB)], { encoding: 'utf8' }).trim()
  return { path, sha256 }
}

export interface LargeSides {
  /** Just started: its memory at most is read off the process. */
  readonly ours: RegistryServer
  readonly pypiserver: Peer
  /** Has the wheel below its root. */
  readonly nginx: Peer
}

export async function benchLarge(
  wheel: LargeWheel,
  { ours, pypiserver, nginx }: LargeSides,
): Promise<string> {
  const page = `${ours.pypi}/simple/eight/`
  const beside = async (work: () => Promise<number>) => {
    const pages = pace(page)
    try {
      const seconds = await work()
      return { seconds, pages: await pages.cells(), rss: mostRssMiB(ours.pid) }
    } finally {
      pages.stop()
    }
  }
  const quiet = await beside(async () => {
    await sleep(QUIET_MS)
    return 0
  })
  const up = await beside(() => upload(wheel, { url: ours.pypi, token: ours.token }))
  const down = await beside(() => download(`${ours.pypi}/files/${wheel.sha256}/${LARGE_WHEEL}`))
  const theirUp = await upload(wheel, { url: `${pypiserver.url}/`, token: '' })
  const theirDown = await download(`${nginx.url}/${LARGE_WHEEL}`)
  const size = statSync(wheel.path).size
  const speed = (seconds: number): string[] => [seconds.toFixed(1), (size / 1e6 / seconds).toFixed(0)]
  const measured = ({ rss, pages }: typeof up): string[] => [rss.toFixed(0), ...pages]
  const over = (theirs: number, own: number): string => `${(theirs / own).toFixed(2)}×`
  return table(COLUMNS, [
    ['wheelseal, pages alone', '', '', '', ...measured(quiet)],
    ['upload: wheelseal, checked and durable', ...speed(up.seconds), '', ...measured(up)],
    ['upload: pypiserver', ...speed(theirUp), over(theirUp, up.seconds), '', '', '', ''],
    ['download: wheelseal', ...speed(down.seconds), '', ...measured(down)],
    ['download: nginx', ...speed(theirDown), over(theirDown, down.seconds), '', '', '', ''],
  ])
}

async function upload(wheel: LargeWheel, { url, token }: { readonly url: string; readonly token: string }) {
  const fields = Object.entries(formFields(NAME, wheel.sha256))
  const form = [...fields.map(([name, value]) => `${name}=${value}`), `content=@${wheel.path}`]
  return curl([`user = "bench:${token}"`, ...form.map((field) => `form = "${field}"`), `url = "${url}"`])
}

function download(url: string): Promise<number> {
  return curl([`url = "${url}"`, 'output = "/dev/null"'])
}

/** Seconds. The configuration comes by standard input: a token is no argument. */
async function curl(lines: readonly string[]): Promise<number> {
  const begun = performance.now()
  const limits = ['--silent', '--show-error', '--fail', '--max-time', String(MAX_MS / 1000)]
  const child = spawn('curl', [...limits, '--config', '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(lines.join('\n'))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`curl ended with ${code}`)
  return (performance.now() - begun) / 1000
}
