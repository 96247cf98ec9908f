import type { WheelsealError } from '../../base/index.ts'
import { isWithin } from './age.ts'
import type { GateParts, GateUpstream } from './parts.ts'

export interface UpstreamState {
  readonly okAtMs: number | undefined
  /** Undefined once it has answered again. */
  readonly failedAtMs: number | undefined
  readonly fact: string | undefined
}

/** How upstreams answer, as long as the process lives. */
export interface UpstreamStates {
  answered(upstream: GateUpstream, name: string): void
  failed(upstream: GateUpstream, failed: { readonly name: string; readonly failure: WheelsealError }): void
  /** A dead upstream is not asked for each request. */
  failedJustNow(upstream: GateUpstream, name: string): WheelsealError | undefined
  stateOf(upstream: GateUpstream): UpstreamState | undefined
}

/** The upstream gave no usable answer, as its port says it; every other error is the gate's own. */
export function isOfUpstream({ code }: WheelsealError): boolean {
  return code.startsWith('net.') || code === 'gate.registry'
}

const PATIENCE_MS = 5_000
const MAX_NAMES = 10_000

export function createUpstreamStates({ clock, log, name: gate }: GateParts): UpstreamStates {
  const states = new Map<string, UpstreamState>()
  const failures = new Map<string, { readonly atMs: number; readonly failure: WheelsealError }>()
  const keyOf = ({ key }: GateUpstream, name: string): string => `${key} ${name}`
  return {
    answered: (upstream, name) => {
      states.set(upstream.key, { okAtMs: clock.nowMs(), failedAtMs: undefined, fact: undefined })
      failures.delete(keyOf(upstream, name))
    },
    failed: (upstream, { name, failure }) => {
      const atMs = clock.nowMs()
      const { okAtMs, failedAtMs = atMs } = states.get(upstream.key) ?? { okAtMs: undefined }
      states.set(upstream.key, { okAtMs, failedAtMs, fact: failure.message })
      if (failures.size >= MAX_NAMES) failures.clear()
      failures.set(keyOf(upstream, name), { atMs, failure })
      const { code, message: reason } = failure
      log.event('gate.upstream-failed', { gate, upstream: upstream.name, name, code, reason }, 'warn')
    },
    failedJustNow: (upstream, name) => {
      const last = failures.get(keyOf(upstream, name))
      return last !== undefined && isWithin(clock.nowMs() - last.atMs, PATIENCE_MS) ? last.failure : undefined
    },
    stateOf: ({ key }) => states.get(key),
  }
}
