import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { shellQuoted, utf8, type Log } from '../../base/index.ts'
import { systemClock, systemEntropy, systemFiles } from '../../host/index.ts'
import { createTunnels } from '../../net/index.ts'
import {
  createJobAuthority,
  explainRefusal,
  GITLAB,
  STAND_IN_HOSTS,
  startStandIns,
} from '../../rehearsal/index.ts'
import { createRouter, type OpenJobNetwork } from '../../runner/index.ts'
import { startRehearsalServer } from '../../server/index.ts'
import type { PackageIndex } from '../run/package-index.ts'

export interface SurroundingsOptions {
  /** A new folder, for this rehearsal alone. */
  readonly scratch: string
  readonly index: PackageIndex
  /** A stock cosign for the download of cosign; undefined for our own. */
  readonly cosign: string | undefined
  /** The words that start this program. */
  readonly program: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly log: Log
}

/** Services and stand-ins of one rehearsal while they run. */
export interface Surroundings {
  /** Of the services. */
  readonly data: string
  /** Where this machine reaches them; jobs know them as gitlab.com. */
  readonly url: string
  readonly network: OpenJobNetwork
  /** One line for people for each host that is answered here. */
  readonly says: readonly string[]
}

type Undo = () => Promise<void>

/** Starts them for the time of `use`; afterwards nothing listens any more. */
export async function withSurroundings<T>(
  options: SurroundingsOptions,
  use: (surroundings: Surroundings) => Promise<T>,
): Promise<T> {
  const undo: Undo[] = []
  try {
    return await use(await start(options, undo))
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

async function start(options: SurroundingsOptions, undo: Undo[]): Promise<Surroundings> {
  const { scratch, log, index, env } = options
  const data = join(scratch, 'data')
  const server = await startRehearsalServer({
    data,
    anchor: join(scratch, 'anchor'),
    externalUrl: `https://${GITLAB}`,
    log,
  })
  undo.push(() => server.close())
  const hosts = STAND_IN_HOSTS.map(({ host }) => host)
  const authority = createJobAuthority(hosts, { clock: systemClock, entropy: systemEntropy })
  const folder = join(scratch, 'hosts')
  await mkdir(folder, { mode: 0o700 })
  const { port } = server.address
  const services = { host: server.address.host, port, name: GITLAB }
  const standIns = await startStandIns({ folder, authority, services, cosignFile: await cosignFile(options) })
  undo.push(() => standIns.close())
  const network = createRouter({
    clock: systemClock,
    allow: index.hosts,
    tunnel: createTunnels({ env, configured: index.configured }),
    standIns: standIns.standIns,
    ports: index.ports.map((one) => ({ port: one, connect: () => connect(one, '127.0.0.1') })),
    authorities: authority.certificate,
    explain: explainRefusal,
  })
  return { data, url: `http://127.0.0.1:${port}`, network, says: sayings(options) }
}

/** A launcher of this program where no stock cosign is given: its name says another machine, and it runs on any. */
async function cosignFile({ scratch, cosign, program }: SurroundingsOptions): Promise<string> {
  if (cosign !== undefined) return resolve(cosign)
  const file = join(scratch, 'cosign')
  const text = `#!/bin/sh\nexec ${program.map(shellQuoted).join(' ')} cosign "$@"\n`
  await systemFiles.writeAtomic(file, utf8(text), 0o755)
  return file
}

function sayings({ cosign }: SurroundingsOptions): readonly string[] {
  const which = cosign === undefined ? "this program's own cosign" : resolve(cosign)
  return STAND_IN_HOSTS.map(
    ({ host, says, serves }) => `${host}: ${says}${serves === 'cosign' ? ` (${which})` : ''}`,
  )
}
