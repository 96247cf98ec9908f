import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { accessErrors } from '../access/index.ts'
import { isProtected, type Acting, type PipelineRecord } from '../pipelines/index.ts'
import { projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { readBodyAs } from './body.ts'
import { PERSONAL, type PipelineRoutesParts } from './pipelines.ts'
import { answerWith, jobOf, PROJECT_JOB } from './project-jobs.ts'
import { oneOf } from './query.ts'
import { routesOn, type Bindings } from './route.ts'

const MAX_BODY_BYTES = 2 << 20

/** What people do with jobs on GitLab: cancel, retry, play, erase, and keep or remove what they left. */
export function jobActionRoutes(parts: PipelineRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false, kind: 'ordinary' })
  const [run, erases] = [may('run_pipelines'), may('erase_jobs')]
  route.post(`${PROJECT_JOB}/cancel`, run, (context, who) => cancel(context, who, parts))
  route.post(`${PROJECT_JOB}/retry`, run, (context, who) => retry(context, who, parts))
  route.post(`${PROJECT_JOB}/play`, run, (context, who) => play(context, who, parts))
  route.post(`${PROJECT_JOB}/erase`, erases, (context, who) => erase(context, who, parts))
  route.post(`${PROJECT_JOB}/artifacts/keep`, run, (context, who) => keep(context, who, parts))
  route.delete(`${PROJECT_JOB}/artifacts`, erases, (context, who) => removeArtifacts(context, who, parts))
  return app
}

/**
 * Who starts jobs of a pipeline, as GitLab wants it: on a protected ref, whose jobs have its secrets, only who may change
 * that ref. Throws `access.forbidden`.
 */
export async function actingOn(
  { principal, project }: Admitted,
  { origin }: PipelineRecord,
  { access }: Pick<PipelineRoutesParts, 'access'>,
): Promise<Acting> {
  if (principal.kind !== 'user') throw accessErrors('access.forbidden', 'only a user starts jobs')
  if (isProtected(origin) && !(await access.may(principal, 'push_protected_code', project)))
    throw accessErrors('access.forbidden', `only who may push to ${origin.commit.ref} starts jobs of it`)
  const { id, login, email } = principal.user
  return { user: { id, login, email, accessLevel: await access.roleOf(principal.user, project) } }
}

/** Of the job after what was done to it; 201, as there. */
async function answerOf(
  context: Context<Bindings>,
  given: { readonly who: Admitted; readonly jobId: number; readonly status: 200 | 201 },
  parts: PipelineRoutesParts,
): Promise<Response> {
  const job = await parts.listing.job(given.who.project.id, given.jobId)
  return answerWith(context, job, { ...parts, status: given.status })
}

/** One that has ended stays as it is, and is answered so. */
async function cancel(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { job } = await jobOf(context, who, parts)
  const isForced = oneOf(context, 'force', ['true', 'false']) === 'true'
  await parts.pipelines.cancelJob(job.id, { isForced })
  return answerOf(context, { who, jobId: job.id, status: 201 }, parts)
}

async function retry(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { job, pipeline } = await jobOf(context, who, parts)
  const { id } = await parts.pipelines.retryJob(job.id, await actingOn(who, pipeline, parts))
  return answerOf(context, { who, jobId: id, status: 201 }, parts)
}

const Played = v.strictObject({
  job_variables_attributes: v.nullish(
    v.pipe(
      v.array(
        v.object({
          key: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/)),
          value: v.pipe(v.string(), v.maxLength(10_000)),
        }),
      ),
      v.maxLength(100),
    ),
  ),
})

async function play(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { job, pipeline } = await jobOf(context, who, parts)
  const acting = await actingOn(who, pipeline, parts)
  const hasBody = context.req.header('content-type') !== undefined
  const body: v.InferOutput<typeof Played> = hasBody ? await readBodyAs(context, Played, MAX_BODY_BYTES) : {}
  const variables = (body.job_variables_attributes ?? []).map(({ key, value }) => ({ key, value }))
  const { id } = await parts.pipelines.playJob(job.id, { ...acting, variables })
  return answerOf(context, { who, jobId: id, status: 200 }, parts)
}

async function erase(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { job } = await jobOf(context, who, parts)
  await parts.pipelines.eraseJob(job.id)
  return answerOf(context, { who, jobId: job.id, status: 201 }, parts)
}

async function keep(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { job } = await jobOf(context, who, parts)
  await parts.pipelines.keepArtifacts(job.id)
  return answerOf(context, { who, jobId: job.id, status: 200 }, parts)
}

async function removeArtifacts(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { job } = await jobOf(context, who, parts)
  await parts.pipelines.removeArtifacts(job.id)
  return context.body(null, 204, PERSONAL)
}
