import { encodeBase64Url, Secret, sha256Hex, type Clock, type Entropy } from '../base/index.ts'
import type { Access } from './access.ts'
import { accessErrors } from './errors.ts'
import { checkRule, differenceOf, type PublisherRule, type PublishingJob } from './publisher-rules.ts'
import type { PublisherUser } from './may.ts'
import type { PublisherStore, StoredPublisher } from './publisher-store.ts'
import type { Project } from './store.ts'
import { FailedTries } from './tries.ts'

/** A valid id token that its job sent, still running where that can be known. */
export interface PublishingToken extends PublishingJob {
  /** The claim `jti`. */
  readonly tokenId: string
  readonly expiresAtMs: number
  readonly jobId: number | null
}

export type FittingRules = readonly [StoredPublisher, ...StoredPublisher[]]

export interface Publishers {
  /**
   * Does it for who tries to exchange this token. Each refusal counts against the address of the client. Throws what
   * `work` throws, and `access.too-many-tries`.
   */
  tried<T>(
    by: { readonly from: string | undefined; readonly token: string },
    work: () => Promise<T>,
  ): Promise<T>
  /** Throws `access.publisher-rule`, `access.too-many-publishers`. */
  add(project: Project, rule: PublisherRule): Promise<StoredPublisher>
  list(project: Project): Promise<readonly StoredPublisher[]>
  /** Its upload tokens end with it. Throws `access.unknown-publisher`. */
  remove(project: Project, publisherId: number): Promise<StoredPublisher>
  /** The rules that are for this job. Throws `access.publisher` where none is; it says which part does not fit. */
  rulesFor(token: PublishingToken): Promise<FittingRules>
  /**
   * An upload token for fifteen minutes, for the projects of these rules. Throws `access.publisher-reuse` for an id token
   * that was exchanged before, `access.publisher` where the rules were removed meanwhile.
   */
  mint(token: PublishingToken, rules: FittingRules): Promise<Secret>
  /** Ends an upload token; any other text changes nothing. */
  burn(token: string): Promise<void>
  /** Undefined for what is no upload token, or not any more. */
  authenticate(token: string): Promise<PublisherUser | undefined>
}

export interface PublisherParts {
  readonly publishers: PublisherStore
  readonly clock: Clock
  readonly entropy: Entropy
}

/** Of one project, and of all projects for one pipeline. */
const MAX_RULES = 100
const LIFETIME_MS = 15 * 60_000
/** A pipeline of GitLab may run for a month, and its token as long. */
const MAX_ID_TOKEN_MS = 32 * 24 * 60 * 60_000
/** Clocks of others may be ahead, by what the check of the token allows. */
const LEEWAY_MS = 60_000
const PREFIX = 'wspub-'
const TOKEN_BYTES = 24
const MAX_TOKEN_LENGTH = 128

export function createPublishers(parts: PublisherParts): Publishers {
  const { publishers } = parts
  const tries = new FailedTries(parts.clock)
  return {
    tried: ({ from = '', token }, work) => tried(tries, { from, key: sha256Hex(token) }, work),
    add: (project, rule) => add(parts, project, rule),
    list: ({ id }) => publishers.list(id, { afterId: 0, limit: MAX_RULES }),
    remove: (project, publisherId) => remove(parts, project, publisherId),
    rulesFor: (token) => rulesFor(parts, token),
    mint: (token, rules) => mint(parts, token, rules),
    burn: async (token) => {
      const hash = hashOf(token)
      if (hash !== undefined) await publishers.removeUploadToken(hash)
    },
    authenticate: (token) => authenticate(parts, token),
  }
}

async function tried<T>(
  tries: FailedTries,
  { from, key }: { readonly from: string; readonly key: string },
  work: () => Promise<T>,
): Promise<T> {
  const waitMs = tries.waitMs(from, key)
  if (waitMs > 0)
    throw accessErrors('access.too-many-tries', 'too many id tokens of this address were refused', {
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    })
  try {
    return await work()
  } catch (error) {
    tries.fail(from, key)
    throw error
  }
}

async function add(
  { publishers, clock }: PublisherParts,
  { id: projectId }: Project,
  rule: PublisherRule,
): Promise<StoredPublisher> {
  checkRule(rule)
  const stands = await publishers.list(projectId, { afterId: 0, limit: MAX_RULES })
  if (stands.length >= MAX_RULES)
    throw accessErrors('access.too-many-publishers', `the project has ${stands.length} trusted publishers`)
  return publishers.add({ ...rule, projectId, createdAtMs: clock.nowMs() })
}

async function remove(
  { publishers }: PublisherParts,
  project: Project,
  publisherId: number,
): Promise<StoredPublisher> {
  const stands = await publishers.list(project.id, { afterId: 0, limit: MAX_RULES })
  const found = stands.find(({ id }) => id === publisherId)
  if (found !== undefined && (await publishers.remove(project.id, publisherId))) return found
  throw accessErrors(
    'access.unknown-publisher',
    `${project.path} has no trusted publisher with the id ${publisherId}`,
  )
}

/** Which part does not fit is told: whoever holds the token knows the pipeline. */
async function rulesFor({ publishers, clock }: PublisherParts, job: PublishingToken): Promise<FittingRules> {
  if (job.expiresAtMs > clock.nowMs() + MAX_ID_TOKEN_MS)
    throw accessErrors('access.publisher', 'the id token is valid for more than a month')
  const known = await publishers.findFor(job, MAX_RULES)
  const [first, ...others] = known.filter((rule) => differenceOf(rule, job) === undefined)
  if (first !== undefined) return [first, ...others]
  const [other] = known
  const pipelines = `pipelines of ${job.ciProjectPath} of ${job.issuer}`
  const reason =
    other === undefined
      ? `no project here trusts ${pipelines}`
      : `no rule for ${pipelines} fits: ${differenceOf(other, job) ?? ''}`
  throw accessErrors('access.publisher', reason)
}

async function mint(
  { publishers, clock, entropy }: PublisherParts,
  token: PublishingToken,
  rules: FittingRules,
): Promise<Secret> {
  const nowMs = clock.nowMs()
  const text = PREFIX + encodeBase64Url(entropy.bytes(TOKEN_BYTES))
  const [first, ...others] = rules
  const outcome = await publishers.grant(
    {
      hash: sha256Hex(text),
      publisherIds: [first.id, ...others.map(({ id }) => id)],
      ciProjectId: token.ciProjectId,
      jobId: token.jobId,
      expiresAtMs: nowMs + LIFETIME_MS,
      idToken: {
        key: sha256Hex(`${token.issuer}\n${token.tokenId}`),
        expiresAtMs: token.expiresAtMs + LEEWAY_MS,
      },
    },
    nowMs,
  )
  if (outcome === 'granted') return new Secret(text)
  if (outcome === 'none')
    throw accessErrors('access.publisher', 'the rule for this pipeline was changed meanwhile')
  throw accessErrors('access.publisher-reuse', 'the id token was already exchanged for an upload token')
}

async function authenticate(
  { publishers, clock }: PublisherParts,
  token: string,
): Promise<PublisherUser | undefined> {
  const hash = hashOf(token)
  const found = hash === undefined ? undefined : await publishers.findUploadToken(hash)
  if (found === undefined || found.expiresAtMs <= clock.nowMs()) return undefined
  return { kind: 'publisher', projectIds: found.projectIds, jobId: found.jobId }
}

function hashOf(token: string): string | undefined {
  return token.startsWith(PREFIX) && token.length <= MAX_TOKEN_LENGTH ? sha256Hex(token) : undefined
}

/** Whether a job of this server still runs, and its user is not blocked. */
export type JobBelief = (jobId: number) => Promise<boolean>

interface UploadTokens {
  readonly publishers: Pick<Publishers, 'authenticate'>
  readonly isBelieved: JobBelief
}

/**
 * The same access, which knows upload tokens too: they publish to their projects and do nothing else. That of a job of
 * this server is worth no more than the job's own token.
 */
export function withPublishers(access: Access, { publishers, isBelieved }: UploadTokens): Access {
  const publisherOf = async (token: string): Promise<PublisherUser | undefined> => {
    const found = await publishers.authenticate(token)
    const jobId = found?.jobId ?? null
    return jobId === null || (await isBelieved(jobId)) ? found : undefined
  }
  return {
    ...access,
    authenticate: async (credential, ...more) =>
      (credential.kind === 'personal' ? await publisherOf(credential.token) : undefined) ??
      access.authenticate(credential, ...more),
  }
}
