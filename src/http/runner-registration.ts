import type { Context } from 'hono'
import * as v from 'valibot'
import {
  accessErrors,
  isAdministrator,
  type Access,
  type Principal,
  type TokenUser,
} from '../access/index.ts'
import { pipelineErrors, type Runners } from '../pipelines/index.ts'
import { tokenUser } from './authenticate.ts'
import { readJsonOrForm } from './json-or-form.ts'
import { anyone, type Bindings, type Routes } from './route.ts'
import { runnerToken, type TokenRightsParts } from './runner-tokens.ts'

const RUNNERS = '/api/v4/runners'
const MAX_BODY_BYTES = 64 << 10

export interface RegistrationParts extends TokenRightsParts {
  readonly access: Access
  readonly runners: Runners
}

const Text = v.pipe(v.string(), v.maxLength(4096))
const TokenBody = v.object({ token: v.nullish(Text) })
/** What a runner says of itself; of the rest of it nothing is used. */
export const RunnerInfo = v.nullish(
  v.object({
    name: v.nullish(Text),
    version: v.nullish(Text),
    revision: v.nullish(Text),
    platform: v.nullish(Text),
    architecture: v.nullish(Text),
    features: v.nullish(v.object({ cancel_gracefully: v.nullish(v.boolean()) })),
  }),
  {},
)
const VerifyBody = v.object({ token: v.nullish(Text), system_id: v.nullish(Text), info: RunnerInfo })
const ManagerBody = v.object({ token: v.nullish(Text), system_id: Text })
const Flag = v.union([v.boolean(), v.picklist(['true', 'false', '1', '0'])])
/** As GitLab, which leaves out of account what it does not know. Tags are a list, or a text with commas. */
const NewRunner = v.object({
  runner_type: v.picklist(['instance_type', 'group_type', 'project_type']),
  project_id: v.nullish(
    v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,14}$/))]),
  ),
  description: v.nullish(v.pipe(v.string(), v.maxLength(1024))),
  tag_list: v.nullish(v.union([Text, v.pipe(v.array(Text), v.maxLength(100))])),
  run_untagged: v.nullish(Flag),
})

/** GitLab's registration of runners (gitlab-surface 5.1): a person creates one, its machines come with its token. */
export function registrationRoutes(route: Routes, parts: RegistrationParts): void {
  const { runners } = parts
  const known = runnerToken(parts, TokenBody)
  route.post(`${RUNNERS}/verify`, runnerToken(parts, VerifyBody), async (context, { id, token, body }) => {
    await runners.note(id, body.system_id ?? '', textsOf(body.info))
    return context.json({ id, token, token_expires_at: null })
  })
  route.post(`${RUNNERS}/reset_authentication_token`, known, async (context, { token }) => {
    const next = await runners.resetToken(token)
    return context.json({ token: next.reveal(), token_expires_at: null }, 201)
  })
  route.delete(RUNNERS, known, async (context, { token }) => {
    await runners.remove(token)
    return context.body(null, 204)
  })
  const manager = runnerToken(parts, ManagerBody)
  route.delete(`${RUNNERS}/managers`, manager, async (context, { token, body }) => {
    await runners.removeManager(token, body.system_id)
    return context.body(null, 204)
  })
  route.post(RUNNERS, anyone, () => {
    throw pipelineErrors('pipelines.registration-token', 'this server has no registration tokens')
  })
  const user = tokenUser(parts.access, { name: 'create_runner', scopes: ['api', 'create_runner'] })
  route.post('/api/v4/user/runners', user, (context, principal) => create(context, principal, parts))
}

type NewRunnerBody = v.InferOutput<typeof NewRunner>

/**
 * Whose jobs the runner will take; null: those of all projects. As on GitLab, an administrator may ask for that, and a
 * maintainer for the own project. Throws `pipelines.runner-type`, `access.forbidden`, `access.unknown-project`.
 */
async function projectFor(
  { runner_type, project_id }: NewRunnerBody,
  principal: Principal,
  access: Access,
): Promise<number | null> {
  if (runner_type === 'group_type')
    throw pipelineErrors('pipelines.runner-type', 'runners of a group are not supported')
  if (runner_type === 'instance_type') {
    if (isAdministrator(principal)) return null
    throw accessErrors('access.forbidden', 'only an administrator may create runners for all projects', {
      hint: 'a maintainer creates one for the project, with runner_type=project_type and project_id',
    })
  }
  if (project_id === undefined || project_id === null)
    throw pipelineErrors('pipelines.runner-type', 'a runner of a project needs a project_id')
  const project = await access.findProject(Number(project_id))
  if (project === undefined || !(await access.maySee(principal, project)))
    throw accessErrors(
      'access.unknown-project',
      `project ${project_id} does not exist, or is hidden from you`,
    )
  if (await access.may(principal, 'create_runner', project)) return project.id
  throw accessErrors('access.forbidden', `only a maintainer of ${project.path} may create runners for it`)
}

async function create(
  context: Context<Bindings>,
  principal: TokenUser,
  { runners, access }: RegistrationParts,
): Promise<Response> {
  const body = await readJsonOrForm(context, NewRunner, MAX_BODY_BYTES)
  const projectId = await projectFor(body, principal, access)
  const { description, tag_list, run_untagged } = body
  const tags = tagsOf(tag_list ?? [])
  const runUntagged =
    run_untagged === undefined || run_untagged === null
      ? tags.length === 0
      : ['true', '1'].includes(String(run_untagged))
  const runner = { description: description ?? '', tags, runUntagged, projectId }
  const { id, token } = await runners.create(runner)
  return context.json({ id, token: token.reveal(), token_expires_at: null }, 201)
}

function tagsOf(given: string | readonly string[]): readonly string[] {
  const texts = typeof given === 'string' ? given.split(',') : given
  return texts.map((text) => text.trim()).filter((text) => text !== '')
}

export function textsOf(info: v.InferOutput<typeof RunnerInfo>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(info).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
