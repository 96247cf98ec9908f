import * as v from 'valibot'
import { parseJson } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'

const MAX_PAYLOAD_LENGTH = 8 << 20
const MAX_VARIABLES = 5_000
const MAX_ITEMS = 1_000

const shortText = v.pipe(v.string(), v.maxLength(1_024))
const longText = v.pipe(v.string(), v.maxLength(1 << 20))
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const flag = v.nullish(v.boolean(), false)

/** Missing and null mean empty, as in the stock runner's decoder. */
const list = <Item extends v.GenericSchema>(item: Item, most = MAX_ITEMS) =>
  v.nullish(v.pipe(v.array(item), v.maxLength(most)), [])

const Variable = v.object({ key: shortText, value: longText, masked: flag, raw: flag, file: flag })

const Step = v.object({
  name: shortText,
  script: list(longText),
  allow_failure: flag,
  /** Of our own server: so many of the first entries are those of `before_script`. */
  before_script_count: v.nullish(id, 0),
})

const Hook = v.object({ name: shortText, script: list(longText) })

const outcome = v.pipe(
  v.nullish(v.picklist(['on_success', 'on_failure', 'always', '']), ''),
  v.transform((when) => (when === '' ? 'on_success' : when)),
)

const Artifact = v.object({
  name: v.nullish(shortText),
  paths: list(shortText),
  exclude: list(shortText),
  untracked: flag,
  when: outcome,
  expire_in: v.nullish(shortText),
  artifact_type: v.nullish(shortText, 'archive'),
  artifact_format: v.nullish(shortText, 'zip'),
})

const Cache = v.object({
  key: v.nullish(shortText, 'default'),
  paths: list(shortText),
  untracked: flag,
  policy: v.nullish(shortText, 'pull-push'),
  when: outcome,
  fallback_keys: list(shortText),
})

const Dependency = v.object({
  id,
  name: shortText,
  token: shortText,
  artifacts_file: v.nullish(v.object({ filename: v.nullish(shortText, '') }), { filename: '' }),
})

const Payload = v.object({
  id,
  token: v.pipe(v.string(), v.minLength(1), v.maxLength(8_192)),
  job_info: v.object({
    name: shortText,
    stage: shortText,
    project_id: v.nullish(id, 0),
    project_full_path: v.nullish(shortText, ''),
  }),
  git_info: v.object({
    repo_url: v.pipe(v.string(), v.maxLength(8_192)),
    ref: v.nullish(shortText, ''),
    ref_type: v.nullish(shortText, 'branch'),
    sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/)),
    refspecs: list(shortText),
    depth: v.nullish(id, 0),
    protected: flag,
  }),
  runner_info: v.object({ timeout: v.pipe(v.number(), v.minValue(1), v.maxValue(31 * 86_400)) }),
  variables: list(Variable, MAX_VARIABLES),
  steps: list(Step),
  hooks: list(Hook),
  image: v.nullish(v.object({ name: v.nullish(shortText, '') })),
  services: list(v.unknown()),
  artifacts: list(Artifact),
  cache: list(Cache),
  credentials: list(v.object({ password: v.nullish(shortText, '') })),
  dependencies: list(Dependency),
  features: v.nullish(v.object({ token_mask_prefixes: list(shortText), failure_reasons: list(shortText) }), {
    token_mask_prefixes: [],
    failure_reasons: [],
  }),
})

/** The job as the server sends it (gitlab-surface 5.2), checked and capped; the names are those of the wire. */
export type Job = v.InferOutput<typeof Payload>
export type JobVariable = v.InferOutput<typeof Variable>
export type JobArtifact = v.InferOutput<typeof Artifact>
export type JobCache = v.InferOutput<typeof Cache>
export type JobDependency = v.InferOutput<typeof Dependency>

/** What `when` of caches and artifacts asks for. */
export type JobResult = 'on_success' | 'on_failure'

export interface JobIdentity {
  readonly id: number
  readonly name: string
  readonly stage: string
}

export function jobIdentity(job: Job): JobIdentity {
  return { id: job.id, name: job.job_info.name, stage: job.job_info.stage }
}

const Address = v.object({ id: Payload.entries.id, token: Payload.entries.token })

/** Whose job it is, of a payload that `parseJob` refuses; undefined where even that cannot be read. */
export function parseJobAddress(text: string): v.InferOutput<typeof Address> | undefined {
  try {
    return v.parse(Address, parseJson(text, { maxLength: MAX_PAYLOAD_LENGTH }))
  } catch {
    return undefined
  }
}

/** Throws `runner.payload`. The fact names the field, never its value: the payload holds tokens. */
export function parseJob(text: string): Job {
  const result = v.safeParse(Payload, parseJson(text, { maxLength: MAX_PAYLOAD_LENGTH }))
  if (result.success) return result.output
  const [issue] = result.issues
  const field = v.getDotPath(issue) ?? 'the payload'
  throw runnerErrors('runner.payload', `${field} is invalid: expected ${issue.expected}`)
}
