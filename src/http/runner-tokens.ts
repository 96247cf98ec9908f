import type { Context } from 'hono'
import type * as v from 'valibot'
import { pipelineErrors, type JobClaim, type Pipelines } from '../pipelines/index.ts'
import { readBodyAs } from './body.ts'
import { noteOnRequest } from './request-log.ts'
import type { Bindings, Right } from './route.ts'

const MAX_JSON_BYTES = 256 << 10

/** The body of a request whose token may be in it, as in those of older runners. */
type TokenBody = v.GenericSchema<unknown, { readonly token?: string | null | undefined }>

interface WithBody<Schema extends TokenBody> {
  readonly body: v.InferOutput<Schema>
}

/** A runner that this server knows. The token of the header counts before that of the body. */
export function runnerToken<Schema extends TokenBody>(
  pipelines: Pick<Pipelines, 'verifyRunner'>,
  schema: Schema,
): Right<WithBody<Schema> & { readonly id: number; readonly token: string }> {
  const check = async (token: string) => {
    if (token === '') throw pipelineErrors('pipelines.runner-token', 'no runner token was sent')
    return { token, ...(await pipelines.verifyRunner(token)) }
  }
  return {
    name: 'runner token',
    admit: (context) => admitWithBody(context, { header: 'runner-token', schema, check }),
  }
}

/** The running job of the path, by the header JOB-TOKEN. */
export function jobToken(pipelines: Pick<Pipelines, 'checkClaim'>): Right<JobClaim> {
  return jobTokenOfHeader((claim) => pipelines.checkClaim(claim))
}

/** The running job of the path, by the header or the body. */
export function jobTokenOrBody<Schema extends TokenBody>(
  pipelines: Pick<Pipelines, 'checkClaim'>,
  schema: Schema,
): Right<WithBody<Schema> & JobClaim> {
  return {
    name: 'job token',
    admit: (context) =>
      admitWithBody(context, {
        header: 'job-token',
        schema,
        check: async (token) => {
          const claim = claimOf(context, token)
          await pipelines.checkClaim(claim)
          return claim
        },
      }),
  }
}

/** A running job of the pipeline of the job in the path. */
export function jobTokenOfPipeline(pipelines: Pick<Pipelines, 'checkReader'>): Right<JobClaim> {
  return jobTokenOfHeader((claim) => pipelines.checkReader(claim))
}

function jobTokenOfHeader(check: (claim: JobClaim) => Promise<void>): Right<JobClaim> {
  return {
    name: 'job token',
    admit: async (context) => {
      const claim = claimOf(context, context.req.header('job-token'))
      await check(claim)
      return claim
    },
  }
}

interface TokenCarriers<Schema, Found> {
  readonly header: string
  readonly schema: Schema
  readonly check: (token: string) => Promise<Found>
}

/** A token of the header is checked before the body is read. */
async function admitWithBody<Schema extends TokenBody, Found>(
  context: Context<Bindings>,
  { header, schema, check }: TokenCarriers<Schema, Found>,
): Promise<WithBody<Schema> & Found> {
  const sent = context.req.header(header)
  const found = sent === undefined ? undefined : await check(sent)
  const body = await readBodyAs(context, schema, MAX_JSON_BYTES)
  return { ...(found ?? (await check(body.token ?? ''))), body }
}

/** Who acts for a job, by its own word. */
function claimOf(context: Context, token = ''): JobClaim {
  const jobId = Number(context.req.param('id'))
  // Whether the token is that of this job, nobody has checked yet.
  noteOnRequest(context, { claimedJob: jobId })
  if (token === '') throw pipelineErrors('pipelines.job-token', 'no job token was sent')
  return { jobId, token }
}
