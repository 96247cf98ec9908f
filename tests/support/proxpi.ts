import { setTimeout as sleep } from 'node:timers/promises'
import { ownAddress } from '../../src/host/arrange.ts'
import { indexPython } from './judges.ts'
import { startProgram } from './program.ts'

/** proxpi, unmodified, before an index. */
export interface Proxpi {
  /** Of its simple index; with a slash at its end. */
  readonly index: string
  /** What it knows of a name is asked for anew, as it is after `PROXPI_INDEX_TTL`. */
  forget(name: string): Promise<void>
  stop(): void
}

export interface ProxpiOptions {
  /** With a slash at its end. */
  readonly upstream: string
  /** Where it keeps files. */
  readonly cache: string
  /** `PROXPI_…`; left out, its defaults. */
  readonly settings?: Readonly<Record<string, string>>
}

export async function startProxpi({ upstream, cache, settings = {} }: ProxpiOptions): Promise<Proxpi> {
  const address = await ownAddress()
  const [host = '', port = ''] = address.split(':')
  const argv = [indexPython, '-m', 'flask', 'run', '--host', host, '--port', port]
  const own = { FLASK_APP: 'proxpi.server', PROXPI_INDEX_URL: upstream, PROXPI_CACHE_DIR: cache }
  const child = startProgram(argv, { env: { ...own, ...settings } })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const isReady = (): Promise<boolean> =>
    fetch(`http://${address}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`proxpi ended: ${said}`)
    await sleep(50)
  }
  return {
    index: `http://${address}/index/`,
    forget: async (name) => void (await fetch(`http://${address}/cache/${name}`, { method: 'DELETE' })),
    stop: () => void child.kill('SIGTERM'),
  }
}
