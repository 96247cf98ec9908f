import {
  describeError,
  parseIsoTime,
  sha256Hex,
  utf8Decode,
  type Clock,
  type Files,
  type Http,
  type Log,
} from '../../base/index.ts'
import type { GateTrust } from '../../gate/index.ts'
import { cachedTrustedRoot, fetchTrustedRoot, loadPublicSigstore } from '../../net/index.ts'
import { trustRootFromJson } from '../../verify/index.ts'
import { serverErrors } from '../errors.ts'
import { remoteLogEntries } from '../sigstore/log-entries.ts'
import type { LogEntries } from '../../registry/index.ts'
import type { UpstreamConfiguration } from './configuration.ts'

/** By whom the seals of an upstream are judged, as long as the gate runs. */
export interface OpenTrust {
  readonly now: () => GateTrust
  readonly logEntries: LogEntries
  /** Looks for a newer root; what is wrong goes into the log, and the last good one stays. */
  readonly refresh: () => Promise<void>
}

export interface TrustParts {
  readonly files: Files
  readonly http: Http
  readonly clock: Clock
  readonly log: Log
  /** For what TUF keeps. */
  readonly cacheFolder: string
  /** Of this instance; undefined where a gate stands alone. */
  readonly own: OwnTrust | undefined
}

export interface OwnTrust {
  readonly trustedRoot: Uint8Array
  readonly logEntries: LogEntries
}

/** How long the last good root of a repository counts after its last refresh. */
const GRACE_MS = 7 * 86_400_000
const MAX_TRUST_ROOT_BYTES = 4 << 20

/** Throws `server.configuration`. */
export async function openTrust(
  { name, trust }: Pick<UpstreamConfiguration, 'name' | 'trust'>,
  parts: TrustParts,
): Promise<OpenTrust> {
  if (trust.kind !== 'file')
    return trust.kind === 'public' ? openPublicTrust(parts) : openPrivateTrust(name, parts)
  try {
    const bytes = await parts.files.read(trust.path, MAX_TRUST_ROOT_BYTES)
    return fixedTrust(bytes, undefined, parts)
  } catch (cause) {
    const fact = `upstream ${name}: trust ${trust.path}: ${describeError(cause)}`
    throw serverErrors('server.configuration', fact, {
      cause,
      hint: 'name a trusted_root.json, as the operator of that Sigstore instance publishes it',
    })
  }
}

function openPrivateTrust(name: string, parts: TrustParts): OpenTrust {
  if (parts.own === undefined)
    throw serverErrors('server.configuration', `upstream ${name}: a gate alone has no private trust root`, {
      hint: 'name the trusted_root.json of your Sigstore instance',
    })
  return fixedTrust(parts.own.trustedRoot, parts.own.logEntries, parts)
}

function fixedTrust(bytes: Uint8Array, own: LogEntries | undefined, parts: TrustParts): OpenTrust {
  const now = trustOf(bytes, null)
  const logEntries = own ?? remoteLogEntries(logUrls(now), parts)
  return { now: () => now, logEntries, refresh: () => Promise.resolve() }
}

async function openPublicTrust(parts: TrustParts): Promise<OpenTrust> {
  const { cacheFolder, http, clock, log } = parts
  const source = await loadPublicSigstore()
  const kept = await cachedTrustedRoot(source, { cacheFolder, clock })
  const openedAtMs = kept.expiredAt === undefined ? clock.nowMs() : parseIsoTime(kept.expiredAt) * 1000
  let current = trustOf(kept.bytes, openedAtMs + GRACE_MS)
  return {
    now: () => current,
    logEntries: { find: (seal, sha256) => remoteLogEntries(logUrls(current), parts).find(seal, sha256) },
    refresh: async () => {
      try {
        const bytes = await fetchTrustedRoot(source, { cacheFolder, http, clock })
        current = trustOf(bytes, clock.nowMs() + GRACE_MS)
      } catch (error) {
        log.event('gate.trust-refresh-failed', { reason: describeError(error) }, 'warn')
      }
    },
  }
}

function trustOf(bytes: Uint8Array, untilMs: number | null): GateTrust {
  return { trustRoot: trustRootFromJson(utf8Decode(bytes)), rootsSha256: sha256Hex(bytes), untilMs }
}

/** The id of a log of version 1, which alone can be asked, is that of its key. The newest first. */
function logUrls({ trustRoot }: GateTrust): readonly string[] {
  const first = trustRoot.logs.filter(({ idHex, spki }) => idHex === sha256Hex(spki))
  return first.flatMap(({ url }) => url ?? []).toReversed()
}
