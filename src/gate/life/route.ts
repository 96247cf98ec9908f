import type { GateUpstream } from './parts.ts'

export interface Routed {
  readonly upstream: GateUpstream
  /** Of an upstream that names its names: never looked up elsewhere, be it there or not. */
  readonly isPrivate: boolean
}

/** One name, one upstream: versions of two are never merged (PEP 503 has no way to tell them apart). `name` is normalised. */
export function routeOf(upstreams: readonly GateUpstream[], name: string): Routed | undefined {
  for (const upstream of upstreams) {
    const { names } = upstream
    if (names === undefined) return { upstream, isPrivate: false }
    if (names.some((pattern) => fits(pattern, name))) return { upstream, isPrivate: true }
  }
  return undefined
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name
}
