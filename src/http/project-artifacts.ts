import { Hono, type Context } from 'hono'
import { openMember, type ShownJob } from '../pipelines/index.ts'
import { projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { httpErrors } from './errors.ts'
import { fileResponse } from './file-response.ts'
import { PERSONAL, type PipelineRoutesParts } from './pipelines.ts'
import { jobOf, PROJECT_JOB } from './project-jobs.ts'
import { routesOn, type Bindings } from './route.ts'

const OF_REF = '/api/v4/projects/:id/jobs/artifacts/:ref'

/** What jobs left, for people and for jobs of the project: the archive, or one file out of it. */
export function projectArtifactRoutes(parts: PipelineRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const read = projectRights(parts.access, { takesJobTokenHeader: true, kind: 'ordinary' })('read_artifacts')
  route.get(`${PROJECT_JOB}/artifacts`, read, async (context, who) =>
    sendArchive(context, await jobOf(context, who, parts), parts),
  )
  route.get(`${PROJECT_JOB}/artifacts/:path{.+}`, read, async (context, who) =>
    sendMember(context, await jobOf(context, who, parts), parts),
  )
  route.get(`${OF_REF}/download`, read, async (context, who) =>
    sendArchive(context, await latestOf(context, who, parts), parts),
  )
  route.get(`${OF_REF}/raw/:path{.+}`, read, async (context, who) =>
    sendMember(context, await latestOf(context, who, parts), parts),
  )
  return app
}

function latestOf(
  context: Context,
  { project }: Admitted,
  { listing }: PipelineRoutesParts,
): Promise<ShownJob> {
  const name = context.req.query('job')
  if (name === undefined) throw httpErrors('http.body-shape', 'the parameter job is missing')
  return listing.latestJob(project.id, context.req.param('ref') ?? '', name)
}

async function sendArchive(
  context: Context<Bindings>,
  job: ShownJob,
  { listing }: PipelineRoutesParts,
): Promise<Response> {
  const { artifact, blob } = await listing.openArchive(job)
  const { filename: fileName, sha256 } = artifact
  return fileResponse(context, { fileName, sha256, contentType: 'application/zip' }, blob)
}

async function sendMember(
  context: Context<Bindings>,
  job: ShownJob,
  { listing }: PipelineRoutesParts,
): Promise<Response> {
  const path = context.req.param('path') ?? ''
  const { blob } = await listing.openArchive(job)
  const member = await openMember(blob, path)
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(member.size),
    'Content-Disposition': `attachment; filename="${plainName(path)}"`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ...PERSONAL,
  }
  if (context.req.method === 'HEAD') return new Response(null, { headers })
  return new Response(ReadableStream.from(member.stream()), { headers })
}

/** The last part of the path, in letters that a header and a disk take for nothing else. */
function plainName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replaceAll(/[^A-Za-z0-9._+-]/g, '_') || 'file'
}
