import * as v from 'valibot'
import { parseJson, printable, WheelsealError, type HttpResponse } from '../../../base/index.ts'
import { errorWords } from '../../../net/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'
import { loginOf, type Login } from '../login.ts'
import { shownValue } from '../shown.ts'

/** What the token may do in the project's package registry, as far as asking tells; nothing is uploaded. */
export const registryCheck: Check = {
  name: 'registry',
  effectOf: ['settings', 'proxies', 'authorities', 'clock', 'services'],
  look: async (facts) => {
    const { registry } = facts.io
    if (registry?.project === undefined)
      return [skipped('no project is named', 'add --api URL --project GROUP/NAME to check a registry')]
    const asked: Asked = {
      login: loginOf(facts.io),
      api: withoutSlash(registry.api.value),
      project: registry.project.value,
      from: registry.project.from,
    }
    const url = `${asked.api}/projects/${encodeURIComponent(asked.project)}/packages?per_page=1`
    const response = await facts.io.http.request({ method: 'GET', url, headers: asked.login.headers })
    if (response.status !== 200) return [await refusal(response, asked)]
    await response.bytes(MAX_BYTES).catch(() => undefined)
    return [
      ok(`${asked.login.from} can read the package registry of project ${shownValue(asked.project)}`),
      await uploads(asked, facts),
    ]
  },
}

const MAX_BYTES = 1 << 20

interface Asked {
  readonly login: Login
  /** Without a slash at its end. */
  readonly api: string
  readonly project: string
  /** Where the project is named. */
  readonly from: string
}

async function refusal(response: HttpResponse, { login, project: id, from }: Asked): Promise<Finding> {
  const [{ status }, words, project] = [response, await errorWords(response), shownValue(id)]
  const said = `the registry of project ${project} answers ${status} to ${login.from}: ${words}`
  if (status === 401)
    return failed({ fact: said, reason: REASONS[login.from], next: NEXT_LOGINS[login.from] })
  if (status === 403)
    return failed({
      fact: `permission denied: ${said}`,
      reason: 'the token is known, and has not the right to read packages of this project',
      next:
        login.from === 'CI_JOB_TOKEN'
          ? `have a maintainer of ${project} add this project to its job token allowlist`
          : `use a token with the scope api of a user who is Reporter or more in ${project}`,
    })
  if (status === 404)
    return failed({
      fact: said,
      reason: 'there is no such project, or this token may not know of it: a private project answers 404',
      next: `compare ${from} with the address of the project, and check that the owner of the token is a member of it`,
    })
  return failed({
    fact: said,
    next: 'run wheelseal doctor again; if it is the same, ask the operator of the server',
  })
}

const REASONS: Readonly<Record<Login['from'], string>> = {
  CI_JOB_TOKEN: 'a job token is valid only while its job runs',
  WHEELSEAL_TOKEN: 'the token is expired, revoked, of a different server, or a deploy token',
  'a request without token': 'the registry asks for a login',
}
const NEXT_LOGINS: Readonly<Record<Login['from'], string>> = {
  CI_JOB_TOKEN: 'run the job again; elsewhere set WHEELSEAL_TOKEN',
  WHEELSEAL_TOKEN: 'set WHEELSEAL_TOKEN to a new access token with the scope api',
  'a request without token':
    'set WHEELSEAL_TOKEN to an access token with the scope read_api, or api to upload',
}

const Token = v.object({ scopes: v.array(v.string()), expires_at: v.optional(v.nullable(v.string()), null) })
const Level = v.nullish(v.object({ access_level: v.number() }))
const Project = v.object({
  permissions: v.optional(v.object({ project_access: Level, group_access: Level })),
})
/** GitLab's number for the role. */
const DEVELOPER = 30

/** Whether it may upload, which nothing but its scopes and the role of its owner tell. */
async function uploads({ login: { from, headers }, api, project }: Asked, { io }: Facts): Promise<Finding> {
  if (from === 'a request without token')
    return skipped('no token is set: nothing can be uploaded', 'set WHEELSEAL_TOKEN')
  if (from === 'CI_JOB_TOKEN')
    return ok('uploads by CI_JOB_TOKEN need that the user who started the pipeline is Developer or more')
  const ask = async <T>(path: string, schema: v.GenericSchema<unknown, T>): Promise<T | undefined> => {
    const response = await io.http.request({ method: 'GET', url: `${api}${path}`, headers })
    return response.status === 200 ? read(schema, await response.text(MAX_BYTES)) : undefined
  }
  const [token, row] = await Promise.all([
    ask('/personal_access_tokens/self', Token),
    ask(`/projects/${encodeURIComponent(project)}`, Project),
  ])
  return judge({ from, token, level: levelOf(row) })
}

function levelOf(row: v.InferOutput<typeof Project> | undefined): number | undefined {
  const { project_access: own, group_access: inherited } = row?.permissions ?? {}
  const levels = [own, inherited].flatMap((level) => level?.access_level ?? [])
  return levels.length === 0 ? undefined : Math.max(...levels)
}

interface Rights {
  readonly from: string
  readonly token: v.InferOutput<typeof Token> | undefined
  /** Undefined where the server does not tell, as to administrators. */
  readonly level: number | undefined
}

function judge({ from, token, level }: Rights): Finding {
  if (token === undefined) return ok(`the server does not tell the scopes of ${from}`)
  const { expires_at: end } = token
  const scopes = printable(token.scopes.join(', '), { maxLength: 200 })
  if (!token.scopes.includes('api'))
    return warning({
      fact: `${from} has the scopes ${scopes}, and cannot upload`,
      reason: 'uploads need the scope api',
      next: 'set WHEELSEAL_TOKEN to an access token with the scope api, if it is to publish',
    })
  if (level !== undefined && level < DEVELOPER)
    return warning({
      fact: `the owner of ${from} is not Developer in this project, and cannot upload`,
      next: 'have a maintainer make the owner of the token a Developer, if it is to publish',
    })
  const until = end === null ? 'does not expire' : `expires on ${printable(end, { maxLength: 40 })}`
  return ok(`${from} can upload: it has the scopes ${scopes}, and ${until}`)
}

function read<T>(schema: v.GenericSchema<unknown, T>, text: string): T | undefined {
  try {
    const result = v.safeParse(schema, parseJson(text, { maxLength: MAX_BYTES }))
    return result.success ? result.output : undefined
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
