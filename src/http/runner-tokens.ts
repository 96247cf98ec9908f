import type { Context } from 'hono'
import type * as v from 'valibot'
import type { FailedTries } from '../access/index.ts'
import { sha256Hex, WheelsealError } from '../base/index.ts'
import { pipelineErrors, type JobClaim, type Pipelines } from '../pipelines/index.ts'
import { readJsonOrForm } from './json-or-form.ts'
import { clientOf, noteOnRequest } from './request-log.ts'
import type { Bindings, Right } from './route.ts'

const MAX_JSON_BYTES = 256 << 10

/** The body of a request whose token may be in it, as in those of older runners. */
type TokenBody = v.GenericSchema<unknown, { readonly token?: string | null | undefined }>

interface WithBody<Schema extends TokenBody> {
  readonly body: v.InferOutput<Schema>
}

export interface TokenRightsParts {
  readonly pipelines: Pick<Pipelines, 'verifyRunner' | 'checkClaim' | 'checkReader'>
  /** Wrong tokens of runners and jobs are counted as those of people are. */
  readonly tries: FailedTries
}

/** A runner that this server knows. The token of the header counts before that of the body. */
export function runnerToken<Schema extends TokenBody>(
  parts: TokenRightsParts,
  schema: Schema,
): Right<WithBody<Schema> & { readonly id: number; readonly token: string }> {
  const check = async (context: Context, token: string) => {
    if (token === '') throw pipelineErrors('pipelines.runner-token', 'no runner token was sent')
    const known = await tried(context, { ...parts, token }, () => parts.pipelines.verifyRunner(token))
    return { token, ...known }
  }
  return {
    name: 'runner token',
    admit: (context) => admitWithBody(context, { header: 'runner-token', schema, check }),
  }
}

/** The running job of the path, by the header JOB-TOKEN. */
export function jobToken(parts: TokenRightsParts): Right<JobClaim> {
  return jobTokenOfHeader(parts, (claim) => parts.pipelines.checkClaim(claim))
}

/** The running job of the path, by the header or the body. */
export function jobTokenOrBody<Schema extends TokenBody>(
  parts: TokenRightsParts,
  schema: Schema,
): Right<WithBody<Schema> & JobClaim> {
  const check = async (context: Context, token: string): Promise<JobClaim> => {
    const claim = claimOf(context, token)
    await tried(context, { ...parts, token }, () => parts.pipelines.checkClaim(claim))
    return claim
  }
  return {
    name: 'job token',
    admit: (context) => admitWithBody(context, { header: 'job-token', schema, check }),
  }
}

/** A running job of the pipeline of the job in the path. */
export function jobTokenOfPipeline(parts: TokenRightsParts): Right<JobClaim> {
  return jobTokenOfHeader(parts, (claim) => parts.pipelines.checkReader(claim))
}

function jobTokenOfHeader(
  parts: TokenRightsParts,
  check: (claim: JobClaim) => Promise<void>,
): Right<JobClaim> {
  return {
    name: 'job token',
    admit: async (context) => {
      const claim = claimOf(context, context.req.header('job-token'))
      await tried(context, { ...parts, token: claim.token }, () => check(claim))
      return claim
    },
  }
}

/** What the check of a wrong token throws; a job that has ended has a right one. */
const WRONG = new Set(['pipelines.runner-token', 'pipelines.job-token', 'pipelines.unknown'])

/** Throws `access.too-many-tries`, and what `check` throws. */
async function tried<Found>(
  context: Context,
  { tries, token }: TokenRightsParts & { readonly token: string },
  check: () => Promise<Found>,
): Promise<Found> {
  const from = clientOf(context)
  if (from === undefined) return check()
  const key = sha256Hex(`runner ${token}`)
  tries.check(from, key)
  try {
    const found = await check()
    tries.succeed(from, key)
    return found
  } catch (error) {
    if (error instanceof WheelsealError && WRONG.has(error.code)) tries.fail(from, key)
    throw error
  }
}

interface TokenCarriers<Schema, Found> {
  readonly header: string
  readonly schema: Schema
  readonly check: (context: Context, token: string) => Promise<Found>
}

/** A token of the header is checked before the body is read. */
async function admitWithBody<Schema extends TokenBody, Found>(
  context: Context<Bindings>,
  { header, schema, check }: TokenCarriers<Schema, Found>,
): Promise<WithBody<Schema> & Found> {
  const sent = context.req.header(header)
  const found = sent === undefined ? undefined : await check(context, sent)
  const body = await readJsonOrForm(context, schema, MAX_JSON_BYTES)
  return { ...(found ?? (await check(context, body.token ?? ''))), body }
}

/** Who acts for a job, by its own word. */
function claimOf(context: Context, token = ''): JobClaim {
  const jobId = Number(context.req.param('id'))
  // Whether the token is that of this job, nobody has checked yet.
  noteOnRequest(context, { claimedJob: jobId })
  if (token === '') throw pipelineErrors('pipelines.job-token', 'no job token was sent')
  return { jobId, token }
}
