import { readWheelMetadata } from '../../src/formats/python/archive/index.ts'
import { sourceOf } from '../../src/formats/python/archive/arrange.ts'
import { parseFileName } from '../../src/formats/python/index.ts'
import { NOW, DAY_MS, openBench, type Bench, type BenchChanges } from '../../src/gate/life/arrange.ts'
import { systemClock, systemFiles } from '../../src/host/index.ts'
import { serveGate, type ServedGate } from '../../src/http/gate-server.contract.ts'
import { createGateUpstream } from '../../src/net/index.ts'
import { sha256Of, type Distribution } from './gate-packages.ts'
import { startGateUpstream, type GateUpstream, type Offer } from './gate-upstream.ts'

/** A gate in this process, over a socket, before an index over another one. */
export interface GateBehind {
  readonly bench: Bench
  readonly index: GateUpstream
  readonly served: ServedGate
  close(): Promise<void>
}

export async function gateBehind(changes: BenchChanges = {}): Promise<GateBehind> {
  const index = await startGateUpstream()
  const config = { name: 'pypi', url: index.url, files: [], seals: 'provenance' } as const
  const client = createGateUpstream(config, { env: {}, files: systemFiles, clock: systemClock })
  const bench = await openBench({ ...changes, upstreamChanges: { client, ...changes.upstreamChanges } })
  const served = await serveGate(bench.gate)
  const close = async (): Promise<void> => {
    await served.close()
    await bench.close()
    await index.close()
  }
  return { bench, index, served, close }
}

/** Without Python: a wheel or an sdist of these bytes, as an index has it. */
async function distributionOf(fileName: string, bytes: Uint8Array): Promise<Distribution> {
  const { name, version, kind } = parseFileName(fileName)
  const isWheel = kind === 'wheel'
  const metadata = isWheel ? Buffer.from(await readWheelMetadata(fileName, sourceOf(bytes))) : null
  const all = Buffer.from(bytes)
  return { fileName, name, version: version.normal, path: '', bytes: all, sha256: sha256Of(all), metadata }
}

/** Uploaded a hundred days ago, without a seal. */
export async function offered(
  fileName: string,
  bytes: Uint8Array,
  changes: Partial<Offer> = {},
): Promise<Offer> {
  const file = await distributionOf(fileName, bytes)
  return { file, uploadedAtMs: NOW - 100 * DAY_MS, provenance: null, ...changes }
}
