import type { Clock } from '../base/index.ts'
import { sha256Hex } from '../base/index.ts'
import type { Principal } from './may.ts'
import type { AccessStore, StoredToken } from './store.ts'
import { hashToken } from './tokens.ts'
import type { FailedTries } from './tries.ts'

/** What a client sent, as its carrier says: a token of one kind is never taken for one of another. */
export interface Credential {
  readonly kind: 'personal' | 'job' | 'deploy'
  readonly token: string
  /** Of a deploy token, where the carrier has one; then it must be the token's own. */
  readonly username?: string
}

export interface AuthenticateParts {
  readonly store: AccessStore
  readonly clock: Clock
  readonly tries: FailedTries
}

/** Undefined for a token that is wrong, expired or revoked. Throws `access.too-many-tries`. */
export async function authenticate(
  parts: AuthenticateParts,
  credential: Credential,
  from: string | undefined,
): Promise<Principal | undefined> {
  const hash = hashToken(credential.token)
  if (from === undefined) return hash === undefined ? undefined : find(parts, credential, hash)
  const { tries } = parts
  const key = keyOf(credential, hash)
  tries.check(from, key)
  const principal = hash === undefined ? undefined : await find(parts, credential, hash)
  if (principal === undefined) tries.fail(from, key)
  else tries.succeed(from, key)
  return principal
}

/** Of the same length whatever was sent; one token under two carriers is two tries. */
function keyOf({ kind, username = '' }: Credential, hash = ''): string {
  return sha256Hex(`${kind} ${hash} ${username}`)
}

function find(
  parts: AuthenticateParts,
  credential: Credential,
  hash: string,
): Promise<Principal | undefined> {
  return credential.kind === 'job' ? jobOf(parts, hash) : userOf(parts, credential, hash)
}

async function userOf(
  { store, clock }: AuthenticateParts,
  { kind, username }: Credential,
  hash: string,
): Promise<Principal | undefined> {
  const found = await store.findToken(hash)
  const nowMs = clock.nowMs()
  if (found === undefined || found.kind !== kind || !isLive(found, nowMs)) return undefined
  const { id: tokenId, user, scopes, within } = found
  if (username !== undefined && username !== user.login) return undefined
  noteUse(store, found, nowMs)
  return { kind: 'user', user, scopes, tokenId, ...(within === null ? {} : { within }) }
}

function isLive(
  {
    expiresAtMs,
    revokedAtMs,
    isUserBlocked,
  }: Pick<StoredToken, 'expiresAtMs' | 'revokedAtMs' | 'isUserBlocked'>,
  nowMs: number,
): boolean {
  return revokedAtMs === null && !isUserBlocked && (expiresAtMs === null || expiresAtMs > nowMs)
}

/** As on GitLab: a write for each request would cost more than the rest of it. */
const TOUCH_MS = 10 * 60_000

/** Nobody waits for it: a token is as good where its last use could not be written down. */
function noteUse(store: AccessStore, { id, lastUsedAtMs }: StoredToken, nowMs: number): void {
  if (lastUsedAtMs !== null && nowMs - lastUsedAtMs < TOUCH_MS) return
  void store.touchToken(id, nowMs).catch(() => undefined)
}

async function jobOf({ store, clock }: AuthenticateParts, hash: string): Promise<Principal | undefined> {
  const found = await store.findJobToken(hash)
  if (found === undefined || found.isUserBlocked || found.expiresAtMs <= clock.nowMs()) return undefined
  const { jobId, projectId, user } = found
  return { kind: 'job', jobId, projectId, user }
}
