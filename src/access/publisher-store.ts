import type { PublisherRule } from './publisher-rules.ts'

export interface StoredPublisher extends PublisherRule {
  readonly id: number
  /** That it may publish to. */
  readonly projectId: number
  readonly createdAtMs: number
}

export interface UploadGrant {
  /** SHA-256 of the new token, lower-case hex: the token itself is nowhere. */
  readonly hash: string
  /** The rules that let it, of one project each. */
  readonly publisherIds: readonly [number, ...number[]]
  /** What the rules learn of the project in which the pipeline runs, where they do not know it yet. */
  readonly ciProjectId: string
  /** Of this server's own job; null for one elsewhere. */
  readonly jobId: number | null
  readonly expiresAtMs: number
  /** The id token for which it is given, by its issuer and `jti`, and how long that could be sent again. */
  readonly idToken: { readonly key: string; readonly expiresAtMs: number }
}

export interface StoredUploadToken {
  readonly projectIds: readonly number[]
  readonly jobId: number | null
  readonly expiresAtMs: number
}

/**
 * Trusted publishers and the upload tokens that they got. Every write is durable when it resolves, and whole or absent.
 * Safe to call concurrently.
 */
export interface PublisherStore {
  /** The same rule of the same project again is the one that stands. */
  add(publisher: Omit<StoredPublisher, 'id'>): Promise<StoredPublisher>
  /** Of one project, by id, from the first one after `afterId`. */
  list(
    projectId: number,
    page: { readonly afterId: number; readonly limit: number },
  ): Promise<readonly StoredPublisher[]>
  /** With the tokens that it got. False where the project has none of that id. */
  remove(projectId: number, publisherId: number): Promise<boolean>
  /** By who may publish, the oldest first. */
  findFor(
    ci: Pick<PublisherRule, 'issuer' | 'ciProjectPath'>,
    limit: number,
  ): Promise<readonly StoredPublisher[]>
  /**
   * Keeps the token for those of the rules that still stand and know this project or none yet. Keeps nothing where these
   * are `none`, or the id token was `used` before. Drops what expired before `nowMs`, of upload tokens and used id tokens.
   */
  grant(grant: UploadGrant, nowMs: number): Promise<'granted' | 'used' | 'none'>
  findUploadToken(hash: string): Promise<StoredUploadToken | undefined>
  removeUploadToken(hash: string): Promise<void>
}
