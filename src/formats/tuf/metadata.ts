import { isoTime, sha256Hex, type JsonValue } from '../../base/index.ts'
import type { TufKey } from './keys.ts'

export type TufRole = 'root' | 'targets' | 'snapshot' | 'timestamp'

/** What is signed: the member `signed` of a document. */
export type TufMetadata = {
  readonly _type: TufRole
  readonly [member: string]: JsonValue
}

export interface RoleKeys {
  readonly keys: readonly TufKey[]
  /** How many of them must sign. */
  readonly threshold: number
}

export interface TargetFile {
  /** As clients ask for it: one path segment. */
  readonly name: string
  readonly bytes: Uint8Array
  /** For clients that choose a target by what it is. */
  readonly custom?: JsonValue
}

interface Terms {
  readonly version: number
  readonly expiresSeconds: number
}

/** Specification 1.0.31 §4.3. */
export function rootMetadata(
  terms: Terms & { readonly roles: Readonly<Record<TufRole, RoleKeys>> },
): TufMetadata {
  const keys = Object.values(terms.roles).flatMap((role) => role.keys)
  const roles = Object.entries(terms.roles).map(([role, { keys: holders, threshold }]) => [
    role,
    { keyids: holders.map(({ id }) => id), threshold },
  ])
  return {
    ...head('root', terms),
    consistent_snapshot: true,
    keys: Object.fromEntries(keys.map(({ id, value }) => [id, value])),
    roles: Object.fromEntries(roles) as JsonValue,
  }
}

/** §4.5, without delegations. */
export function targetsMetadata(terms: Terms & { readonly targets: readonly TargetFile[] }): TufMetadata {
  const targets = terms.targets.map(({ name, bytes, custom }) => [
    name,
    {
      length: bytes.length,
      hashes: { sha256: sha256Hex(bytes) },
      ...(custom === undefined ? {} : { custom }),
    },
  ])
  return { ...head('targets', terms), targets: Object.fromEntries(targets) as JsonValue }
}

/** §4.4; length and hashes are optional. */
export function snapshotMetadata(terms: Terms & { readonly targetsVersion: number }): TufMetadata {
  return { ...head('snapshot', terms), meta: { 'targets.json': { version: terms.targetsVersion } } }
}

/** §4.6; length and hashes are optional. */
export function timestampMetadata(terms: Terms & { readonly snapshotVersion: number }): TufMetadata {
  return { ...head('timestamp', terms), meta: { 'snapshot.json': { version: terms.snapshotVersion } } }
}

/** Where a client asks for a target when snapshots are consistent (§6.2.1). */
export function targetPath({ name, bytes }: TargetFile): string {
  return `targets/${sha256Hex(bytes)}.${name}`
}

/** What all four have in common (§4.3 to §4.6). */
function head(role: TufRole, { version, expiresSeconds }: Terms): TufMetadata {
  return { _type: role, spec_version: '1.0.31', version, expires: isoTime(expiresSeconds) }
}
