/** The gate: what it keeps beside proxpi and nginx, and what it adds to an index that is 40 ms away. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { auditTable } from './gate-audit.ts'
import { coldTable } from './gate-cold.ts'
import { makeGateFixture, type GateFixture } from './gate-fixture.ts'
import { installsTable } from './gate-installs.ts'
import { memoryTable } from './gate-memory.ts'
import { startGate, startUpstream } from './gate-servers.ts'
import { warmTable } from './gate-warm.ts'
import { builtProgram } from './commands.ts'
import { startOurs } from './ours.ts'
import { needRegistryPeers, peerVersions, startNginxCache, startProxpi, type Peer } from './registry-peers.ts'
import type { Shooting } from './wrk.ts'

export interface GateBench extends Shooting {
  readonly work: string
  readonly nodeOptions?: string | undefined
  readonly turns: number
  /** Of which the pages are asked for, before the memory is read. */
  readonly names: number
  readonly print: (title: string, text: string) => void
}

const DELAY_MS = 40

export async function benchGate(bench: GateBench): Promise<void> {
  needRegistryPeers()
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  console.log(`${peerVersions()}\n`)
  const fixture = await sealedFixture(bench.work)
  await warm(bench, fixture)
  await cold(bench, fixture)
  await audit(bench, fixture)
  await memory(bench, fixture)
}

async function sealedFixture(work: string): Promise<GateFixture> {
  const ours = await startOurs(join(work, 'gate-sigstore'), { program: builtProgram() })
  try {
    return await makeGateFixture(work, ours)
  } finally {
    await ours.stop()
  }
}

async function warm(bench: GateBench, fixture: GateFixture): Promise<void> {
  const { work, nodeOptions, print } = bench
  await withPeers(async (up) => {
    const upstream = await up(startUpstream(work, fixture, 0))
    const gate = await up(startGate({ work, fixture, upstream: upstream.url, nodeOptions }))
    const proxpi = await up(startProxpi(work, `${upstream.url}/simple/`))
    const nginx = await up(startNginxCache(work, upstream.url))
    print(
      'Kept pages and files of a gate, 8 clients',
      await warmTable({ ...bench, fixture }, { gate, proxpi, nginx }),
    )
  })
}

async function cold({ work, runs, print }: GateBench, fixture: GateFixture): Promise<void> {
  await withPeers(async (up) => {
    const upstream = await up(startUpstream(work, fixture, DELAY_MS))
    const options = { work, fixture, upstream: upstream.url }
    const gate = await up(startGate(options))
    print('For the first time, one client, the index 40 ms away', await coldTable({ gate, upstream }))
    print('An installation, the index 40 ms away', await installsTable(options, runs))
  })
}

async function audit({ work, turns, print }: GateBench, fixture: GateFixture): Promise<void> {
  await withPeers(async (up) => {
    const upstream = await up(startUpstream(work, fixture, 0))
    print('Audits', await auditTable({ work, fixture, upstream: upstream.url }, turns))
  })
}

async function memory({ work, names, print }: GateBench, fixture: GateFixture): Promise<void> {
  await withPeers(async (up) => {
    const upstream = await up(startUpstream(work, fixture, 0))
    print('Memory of a gate', await memoryTable({ work, fixture, upstream: upstream.url }, names))
  })
}

type Up = <Started extends Peer>(started: Promise<Started>) => Promise<Started>

async function withPeers(work: (up: Up) => Promise<void>): Promise<void> {
  const running: Peer[] = []
  try {
    await work(async (started) => {
      const peer = await started
      running.push(peer)
      return peer
    })
  } finally {
    for (const peer of running.toReversed()) await peer.stop()
  }
}
