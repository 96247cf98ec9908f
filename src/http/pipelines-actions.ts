import { Hono, type Context } from 'hono'
import { projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { actingOn } from './job-actions.ts'
import { PERSONAL, PIPELINE, pipelineIdOf, showPipeline, type PipelineRoutesParts } from './pipelines.ts'
import { routesOn, type Bindings } from './route.ts'

/** What people do with whole pipelines on GitLab. */
export function pipelineActionRoutes(parts: PipelineRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: false, kind: 'ordinary' })
  const [run, destroy] = [may('run_pipelines'), may('destroy_pipelines')]
  route.post(`${PIPELINE}/cancel`, run, (context, who) => cancel(context, who, parts))
  route.post(`${PIPELINE}/retry`, run, (context, who) => retry(context, who, parts))
  route.delete(PIPELINE, destroy, (context, who) => remove(context, who, parts))
  return app
}

async function cancel(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { pipeline } = await parts.listing.pipeline(who.project.id, pipelineIdOf(context))
  await parts.pipelines.cancel(pipeline.id)
  return showPipeline(context, who, { ...parts, status: 200 })
}

async function retry(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { pipeline } = await parts.listing.pipeline(who.project.id, pipelineIdOf(context))
  await parts.pipelines.retry(pipeline.id, await actingOn(who, pipeline, parts))
  return showPipeline(context, who, { ...parts, status: 201 })
}

async function remove(
  context: Context<Bindings>,
  who: Admitted,
  parts: PipelineRoutesParts,
): Promise<Response> {
  const { pipeline } = await parts.listing.pipeline(who.project.id, pipelineIdOf(context))
  await parts.pipelines.remove(pipeline.id)
  return context.body(null, 204, PERSONAL)
}
