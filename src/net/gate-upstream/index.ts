/**
 * An index that a gate stands before, over HTTP: the port `Upstream` of `gate/`.
 *
 * `createGateUpstream(config, ports)` asks the hosts of the configuration and no others, over https (an index of this
 * machine also over http), at addresses of a private network only where the index itself is in one. Redirects are
 * followed three times, each target checked as the first was; a page is never taken from another host. What comes is
 * capped in bytes as they are unpacked, entries and time (`GATE_UPSTREAM_LIMITS`). Everything thrown is `net.…`; it is
 * tried again only when a connection was refused or broke.
 */
import type { Clock, Files } from '../../base/index.ts'
import type { Upstream } from '../../gate/index.ts'
import { createHttp } from '../http-client.ts'
import type { Environment } from '../proxies.ts'
import { reachFrom, type Resolve } from '../public-address.ts'
import { bytesAt, type Io } from './ask.ts'
import { besideUrl, openFile, readRange } from './file.ts'
import { GATE_UPSTREAM_LIMITS, type GateUpstreamLimits } from './limits.ts'
import { readPage } from './page.ts'
import { placeOf, type GateUpstreamConfig } from './place.ts'
import { sealFinder } from './seals.ts'

export interface GateUpstreamPorts {
  /** For proxies and certificate authorities. */
  readonly env: Environment
  readonly files: Files
  readonly clock: Clock
  /** Left out, the resolver of the system. */
  readonly resolve?: Resolve
  readonly limits?: Partial<GateUpstreamLimits>
}

/** Throws `net.url` for a configuration that could never be asked. */
export function createGateUpstream(config: GateUpstreamConfig, ports: GateUpstreamPorts): Upstream {
  const io = ioOf(config, ports)
  const seals = sealFinder(io, config)
  const readsSilence = config.provenanceUrl === undefined
  return {
    name: config.name,
    page: (name, { etag }) => readPage(io, { name, etag, readsSilence }),
    seals: async (name, file) => {
      const found = await seals(name, file)
      return found === undefined ? { kind: 'blind' } : { kind: 'seals', seals: found }
    },
    open: (file, asked) => openFile(io, file, asked),
    range: (file, part) => readRange(io, file, part),
    metadata: (file) => {
      const { metadataBytes, metadataMs } = io.limits
      const asked = { accept: '*/*', maxBytes: metadataBytes, timeoutMs: metadataMs }
      return bytesAt(io, besideUrl(io, file, '.metadata'), asked)
    },
  }
}

function ioOf(
  config: GateUpstreamConfig,
  { env, files, clock, resolve, limits: more }: GateUpstreamPorts,
): Io {
  const limits = { ...GATE_UPSTREAM_LIMITS, ...more }
  const place = placeOf(config, limits.urlBytes)
  const reach = reachFrom(place.index.hostname, resolve)
  const http = createHttp({ env, files, reach, maxHeaderBytes: limits.headerBytes })
  return { http, clock, place, limits }
}

export type { GateUpstreamConfig } from './place.ts'
export type { GateUpstreamLimits } from './limits.ts'
