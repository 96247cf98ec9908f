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
  /** Of `GATE_PARTS`; all where it is left out. */
  readonly parts?: readonly string[]
  readonly print: (title: string, text: string) => void
}

const DELAY_MS = 40
const GATE_PARTS = ['warm', 'cold', 'installs', 'audit', 'memory'] as const

/** Stock servers are needed for `warm` alone. */
export async function benchGate(bench: GateBench): Promise<void> {
  const wants = (part: (typeof GATE_PARTS)[number]): boolean => bench.parts?.includes(part) ?? true
  if (wants('warm')) needRegistryPeers()
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'pipe' })
  if (wants('warm')) console.log(`${peerVersions()}\n`)
  const fixture = await sealedFixture(bench.work)
  if (wants('warm')) await warm(bench, fixture)
  if (wants('cold')) await cold(bench, fixture)
  if (wants('installs')) await installs(bench, fixture)
  if (wants('audit')) await audit(bench, fixture)
  if (wants('memory')) await memory(bench, fixture)
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

async function cold({ work, nodeOptions, print }: GateBench, fixture: GateFixture): Promise<void> {
  await withPeers(async (up) => {
    const upstream = await up(startUpstream(work, fixture, DELAY_MS))
    const gate = await up(startGate({ work, fixture, upstream: upstream.url, nodeOptions }))
    print('For the first time, one client, the index 40 ms away', await coldTable({ gate, upstream }))
  })
}

async function installs({ work, runs, nodeOptions, print }: GateBench, fixture: GateFixture): Promise<void> {
  await withPeers(async (up) => {
    const upstream = await up(startUpstream(work, fixture, DELAY_MS))
    const options = { work, fixture, upstream: upstream.url, nodeOptions }
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
