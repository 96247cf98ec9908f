import * as v from 'valibot'
import type { Identity } from '../../identity/index.ts'
import { protectedRef } from '../identity/check-extensions.ts'
import { isAllowed } from '../identity/check-identity.ts'
import { gitHubRule } from './github-rule.ts'
import { gitLabRule } from './gitlab-rule.ts'
import { Identity as IdentitySchema, type IdentityTable } from './policy-schema.ts'

/** Of a signature that a tag made: this tag alone, or every tag of its form. */
export type TagChoice = 'this tag' | 'any tag'

export interface Narrowing {
  readonly tags: TagChoice
  /** Of the file, as its name spells it: the part of a tag that changes from release to release. */
  readonly version: string
}

/**
 * Issuer, project or repository with its id, pipeline or workflow file and ref, environment and protection where the
 * certificate has them; the identity as it is where the certificate is neither that of a GitLab pipeline nor of a GitHub
 * workflow.
 */
export function narrowestIdentity(found: Identity, narrowing: Narrowing): IdentityTable {
  return gitLabTable(found, narrowing) ?? gitHubTable(found, narrowing) ?? namedTable(found, narrowing)
}

/** Who it is, whatever ref and environment: files of one package have one such signer. */
export function signerKey({ issuer, san, extensions }: Identity): string {
  const { sourceRepositoryUri: project, sourceRepositoryIdentifier: id = '' } = extensions
  return JSON.stringify(project === undefined ? [issuer, san] : [issuer, project, id])
}

/** `https://HOST/GROUP/NAME//FILE@REF`; no ref of git has a `*`, which would be a wildcard here. */
const PIPELINE = /^https:\/\/[^/]+\/(?<project>.+?)\/\/(?<file>[^@]+)@(?<ref>refs\/[^*]+)$/

function gitLabTable(found: Identity, narrowing: Narrowing): IdentityTable | undefined {
  const { project = '', file = '', ref = '' } = PIPELINE.exec(found.san)?.groups ?? {}
  const { issuer } = found
  const refs = [tagPattern(ref, narrowing) ?? ref]
  const conditions = conditionsOf(found)
  const table = { issuer, project, ...conditions, config_file: file, refs }
  if (!v.is(IdentitySchema, table)) return undefined
  const rule = gitLabRule({ issuer, project, configFile: file, refs })
  return isAllowed(found, { anyOf: [rule] }) ? table : undefined
}

const WORKFLOW =
  /^https:\/\/github\.com\/(?<repository>[^/]+\/[^/]+)\/\.github\/workflows\/(?<workflow>[^/@]+)@(?<ref>refs\/[^*]+)$/

function gitHubTable(found: Identity, narrowing: Narrowing): IdentityTable | undefined {
  const { repository = '', workflow = '', ref = '' } = WORKFLOW.exec(found.san)?.groups ?? {}
  const { issuer } = found
  const refs = [tagPattern(ref, narrowing) ?? ref]
  const table = { issuer, repository, ...gitHubConditions(found), workflow, refs }
  if (!v.is(IdentitySchema, table)) return undefined
  const rule = gitHubRule({ issuer, repository, workflow, refs })
  return isAllowed(found, { anyOf: [rule] }) ? table : undefined
}

function gitHubConditions(found: Identity): Pick<IdentityTable, 'repository_id' | 'environment'> {
  const { project_id: id, environment } = conditionsOf(found)
  return {
    ...(id === undefined ? {} : { repository_id: id }),
    ...(environment === undefined ? {} : { environment }),
  }
}

function namedTable(found: Identity, narrowing: Narrowing): IdentityTable {
  const { issuer, san } = found
  const at = san.lastIndexOf('@refs/tags/')
  const pattern = at === -1 ? undefined : tagPattern(san.slice(at + 1), narrowing)
  if (pattern === undefined) return { issuer, identity: san, ...conditionsOf(found) }
  const parts = `${san.slice(0, at + 1)}${pattern}`.split('*').map(quoted)
  return { issuer, identity_pattern: parts.join('[^/]+'), ...conditionsOf(found) }
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

type Conditions = Pick<IdentityTable, 'project_id' | 'environment' | 'protected_ref'>

function conditionsOf({ extensions }: Identity): Conditions {
  const { sourceRepositoryIdentifier: id, deploymentEnvironment: environment, tokenSubject } = extensions
  return {
    ...(id !== undefined && /^[1-9][0-9]{0,15}$/.test(id) ? { project_id: Number(id) } : {}),
    ...(environment === undefined ? {} : { environment }),
    ...(protectedRef(tokenSubject) === 'true' ? { protected_ref: true as const } : {}),
  }
}

/**
 * The tag with `*` in place of the version; where it does not end with that, in place of all from the first digit of
 * its last part on. Undefined for what is no tag.
 */
function tagPattern(ref: string, { tags, version }: Narrowing): string | undefined {
  if (tags === 'this tag' || !ref.startsWith('refs/tags/') || ref.includes('*')) return undefined
  const before = ref.slice(0, -version.length)
  if (version !== '' && ref.endsWith(version) && !/[0-9.]$/.test(before)) return `${before}*`
  const start = ref.lastIndexOf('/') + 1
  const [fixed = ''] = ref.slice(start).split(/[0-9]/, 1)
  return fixed === ref.slice(start) ? `${ref.slice(0, start)}*` : `${ref.slice(0, start)}${fixed}*`
}
