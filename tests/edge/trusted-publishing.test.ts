import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Project } from '../../src/access/index.ts'
import { withAdmin, type RunningServer } from '../../src/server/index.ts'
import { encodePart, signJwt, startGitLabIssuer, type GitLabIssuer } from '../support/gitlab-issuer.ts'
import { startPublishingServer, type Minted, type PublishingServer } from '../support/publishing.ts'

let publishing: PublishingServer
let server: RunningServer
let gitlab: GitLabIssuer
let audience: string
let tools: Project
let data: string
beforeAll(async () => {
  publishing = await startPublishingServer()
  ;({ server, gitlab, audience, tools, data } = publishing)
})
afterAll(async () => {
  expect(await publishing.close()).toEqual([])
})

function post(path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}
const mint = (token: string): Promise<Minted> => publishing.mint(token)
const upload = (...sent: Parameters<PublishingServer['upload']>): Promise<number> =>
  publishing.upload(...sent)
const runningJob = (...aud: Parameters<PublishingServer['runningJob']>) => publishing.runningJob(...aud)

const reasonOf = ({ errors = [] }: Minted): string =>
  errors.map(({ code, description }) => `${code}: ${description}`).join()

describe('a job of this server', () => {
  it('learns the audience, exchanges its id token, publishes, and gives the token back', async () => {
    const asked = await fetch(`${server.url}/_/oidc/audience`)
    expect([asked.status, await asked.json()]).toEqual([200, { audience }])
    const { idToken, jobId } = await runningJob()
    const { status, success, token = '' } = await mint(idToken)
    expect([status, success, token]).toEqual([200, true, expect.stringMatching(/^wspub-/)])
    expect(await upload(token)).toBe(201)
    const [row] = await server.services.registry.packages.list(
      tools,
      { isHidden: false },
      { orderBy: 'created_at', direction: 'desc', offset: 0, limit: 1 },
    )
    expect(row?.madeBy).toEqual({ userId: null, jobId })
    expect((await post('/_/oidc/burn-token', { token })).status).toBe(202)
    expect(await upload(token)).toBe(401)
    expect((await post('/_/oidc/burn-token', { token })).status).toBe(202)
  })

  it('gets one token for one id token, also where it asks twice at once', async () => {
    const { idToken } = await runningJob()
    const all = await Promise.all([mint(idToken), mint(idToken), mint(idToken)])
    expect(all.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 422, 422])
    const refused = all.find(({ status }) => status === 422)!
    expect(reasonOf(refused)).toMatch(/^invalid-reuse-token: .*already exchanged/)
    expect(refused).toMatchObject({ message: 'Token request failed', code: 'access.publisher-reuse' })
  })

  it('gets none once it has ended', async () => {
    const { idToken, pipelineId } = await runningJob()
    await server.services.pipelines.cancel(pipelineId)
    const refused = await mint(idToken)
    expect([refused.status, reasonOf(refused)]).toEqual([
      422,
      expect.stringMatching(/^invalid-token: the id token is for job \d+, which is not running/),
    ])
  })

  it('gets none for a token of another service, and is told the audience', async () => {
    const { idToken } = await runningJob('sigstore')
    const refused = await mint(idToken)
    expect([refused.status, reasonOf(refused)]).toEqual([422, expect.stringContaining(`aud: ${audience}`)])
  })

  it('and a trial token are two things', async () => {
    const trial = { project: 'acme/tools', ref: 'main', audience }
    const { token } = await withAdmin(data, (admin) => admin.mintIdToken(trial))
    expect(await mint(token)).toMatchObject({ status: 422, code: 'identity.token-time' })
  })
})

describe('an upload token', () => {
  it('does nothing but publish to its project', async () => {
    const other = await server.services.access.createProject({ path: 'acme/other' })
    const open = await server.services.access.createProject({ path: 'acme/open', visibility: 'public' })
    await server.services.access.createProject({ path: 'acme/inside', visibility: 'internal' })
    const { token = '' } = await mint((await runningJob()).idToken)
    expect([await upload(token), await upload(token, other.path), await upload(token, open.path)]).toEqual([
      201, 404, 403,
    ])
    const headers = { 'private-token': token }
    const ask = async (method: string, path: string): Promise<number> =>
      (await fetch(`${server.url}/api/v4${path}`, { method, headers })).status
    const own = `/projects/${tools.id}`
    expect(await ask('GET', `${own}/packages`)).toBe(404)
    expect(await ask('GET', `${own}/packages/pypi/simple/`)).toBe(404)
    expect(await ask('DELETE', `${own}/packages/1`)).toBe(404)
    expect(await ask('GET', `${own}/publishers`)).toBe(404)
    expect(await ask('GET', '/user')).toBe(401)
    expect(await ask('POST', '/projects')).toBe(401)
    expect(await (await fetch(`${server.url}/api/v4/projects`, { headers })).json()).toMatchObject([
      { id: open.id },
    ])
  })

  it('of a job here ends with the job, and at once when its user is blocked', async () => {
    const { access, pipelines } = server.services
    const [{ idToken, pipelineId }, next] = [await runningJob(), await runningJob()]
    const { token } = await mint(idToken)
    await access.setBlocked('ada', 'blocked')
    expect([await upload(token), (await mint(next.idToken)).status]).toEqual([401, 422])
    await access.setBlocked('ada', 'active')
    expect([await upload(token), (await mint(next.idToken)).status]).toEqual([201, 200])
    await pipelines.cancel(pipelineId)
    expect(await upload(token)).toBe(401)
  })

  it('ends with the rule that let it', async () => {
    const project = await server.services.access.createProject({ path: 'acme/ends' })
    const rule = { project_path: 'acme/tools', ref: 'refs/heads/main' }
    const { id } = await withAdmin(data, (admin) => admin.addPublisher('acme/ends', rule))
    const { token } = await mint((await runningJob()).idToken)
    expect([await upload(token), await upload(token, project.path)]).toEqual([201, 201])
    await withAdmin(data, (admin) => admin.removePublisher('acme/ends', id))
    expect([await upload(token), await upload(token, project.path)]).toEqual([201, 404])
  })
})

type Changes = Readonly<Record<string, string | number | readonly string[]>>

describe('a pipeline of a configured GitLab', () => {
  const token = (changes: Changes = {}): string => gitlab.token({ aud: audience, ...changes })

  it('publishes where a rule is for it, from then on as the project that it is', async () => {
    const { status, token: minted } = await mint(token())
    expect([status, await upload(minted)]).toEqual([200, 201])
    expect(await mint(token({ aud: [audience] }))).toMatchObject({ status: 200 })
    const taken = await mint(token({ project_id: '21', job_project_id: '21' }))
    expect([taken.status, reasonOf(taken)]).toEqual([422, expect.stringContaining('id 20')])
  })

  it.each<[string, Changes, string]>([
    ['another ref', { ref: 'x', ref_path: 'refs/heads/x' }, 'invalid-publisher: no rule'],
    ['a tag of that name', { ref_type: 'tag', ref_path: 'refs/tags/main' }, 'invalid-publisher: no rule'],
    ['a ref that it writes in two ways', { ref_path: 'refs/heads/x' }, 'invalid-token: the claim ref_path'],
    [
      'another file',
      { ci_config_ref_uri: `HOST/team/wheels//other.yml@refs/heads/main` },
      'invalid-publisher: no rule',
    ],
    [
      'another project',
      { project_path: 'team/other', job_project_path: 'team/other' },
      'invalid-publisher: no',
    ],
    [
      'a fork that runs elsewhere',
      { job_project_path: 'team/upstream' },
      'invalid-token: the id token is of',
    ],
    [
      'a project that the issuer is not allowed for',
      { project_path: 'evil/wheels' },
      'invalid-token: project',
    ],
    ['two audiences', { aud: ['AUDIENCE', 'sigstore'] }, 'invalid-token: the id token has 2 audiences'],
    ['a lifetime of a year', { exp: Math.floor(Date.now() / 1000) + 366 * 86_400 }, 'more than a month'],
    [
      'an end that is past',
      { exp: Math.floor(Date.now() / 1000) - 60 },
      'invalid-token: the id token expired',
    ],
  ])('is refused for %s, in words', async (_what, changes, reason) => {
    const text = JSON.stringify(changes).replaceAll('AUDIENCE', audience).replaceAll('HOST', gitlab.host)
    const given = JSON.parse(text) as Changes & { readonly project_path?: string }
    const { project_path: path = 'team/wheels' } = given
    const config = `${gitlab.host}/${path}//.gitlab-ci.yml@refs/heads/main`
    const refused = await mint(token({ ci_config_ref_uri: config, ...given }))
    expect([refused.status, reasonOf(refused)]).toEqual([422, expect.stringContaining(reason)])
  })

  it('is refused unless RS256 of its issuer signed the token', async () => {
    const stranger = await startGitLabIssuer()
    const claims = gitlab.claims({ aud: audience })
    const header = { alg: 'RS256', kid: gitlab.keyId, typ: 'JWT' }
    const unsigned = `${encodePart({ ...header, alg: 'none' })}.${encodePart(claims)}.`
    const toMac = `${encodePart({ ...header, alg: 'HS256' })}.${encodePart(claims)}`
    const pem = gitlab.publicKey.export({ type: 'spki', format: 'pem' })
    const mac = `${toMac}.${createHmac('sha256', pem).update(toMac).digest('base64url')}`
    const foreignKey = signJwt(header, claims, stranger.privateKey)
    for (const one of [unsigned, mac, foreignKey, stranger.token({ aud: audience }), 'x', '', 'a.b.c'])
      expect(await mint(one)).toMatchObject({ status: 422, errors: [{ code: 'invalid-token' }] })
    stranger.close()
  })
})

describe('a request to exchange', () => {
  it.each([
    ['no JSON', '{', 422],
    ['no token', '{}', 422],
    ['a number', '{"token":1}', 422],
    ['too much', JSON.stringify({ token: 'x'.repeat(40_000) }), 413],
  ])('with %s is refused in the shape of PyPI', async (_what, body, status) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${server.url}/_/oidc/mint-token`, { method: 'POST', headers, body })
    expect([answer.status, await answer.json()]).toEqual([
      status,
      expect.objectContaining({
        message: 'Token request failed',
        errors: [{ code: expect.any(String) as string, description: expect.any(String) as string }],
      }),
    ])
  })

  it('is refused for a while when one token was tried too often', async () => {
    const wrong = gitlab.token({ aud: 'wrong' })
    const answers = []
    for (let at = 0; at < 61; at += 1) answers.push(await mint(wrong))
    expect(answers[59]).toMatchObject({ status: 422 })
    expect(answers[60]).toMatchObject({ status: 429, code: 'access.too-many-tries' })
    expect(await mint(gitlab.token({ aud: audience }))).toMatchObject({ status: 200 })
  })
})

describe('the rules of a project', () => {
  const rest = async (method: string, path: string, sent: { token?: string; body?: unknown } = {}) => {
    const headers = { 'content-type': 'application/json', 'private-token': sent.token ?? '' }
    const init = { method, headers, ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }) }
    return fetch(`${server.url}/api/v4/projects/${tools.id}/publishers${path}`, init)
  }

  it('are set by its maintainers over REST, and by nobody below them', async () => {
    const { access } = server.services
    const tokenOf = async (login: string, role: string): Promise<string> => {
      await access.createUser({ login, isAdministrator: false })
      await access.setMember({ path: tools.path, login, role })
      return (await access.createToken({ login, scopes: ['api'] })).token.reveal()
    }
    const [maintainer, developer] = [await tokenOf('mia', 'maintainer'), await tokenOf('dan', 'developer')]
    const body = { ref: 'refs/tags/v*', project_path: 'team/tagged', issuer: gitlab.url, project_id: '30' }
    expect((await rest('POST', '', { token: developer, body })).status).toBe(403)
    const added = await rest('POST', '', { token: maintainer, body })
    const rule = (await added.json()) as { id: number }
    expect([added.status, rule]).toEqual([
      201,
      {
        id: rule.id,
        issuer: gitlab.url,
        project_path: 'team/tagged',
        project_id: '30',
        ref: 'refs/tags/v*',
        config_file: '.gitlab-ci.yml',
        created_at: expect.any(String) as string,
        audience,
      },
    ])
    expect(await (await rest('GET', '', { token: maintainer })).json()).toMatchObject({
      audience,
      publishers: [
        { project_path: 'acme/tools', project_id: String(tools.id) },
        { project_id: '20' },
        { id: rule.id },
      ],
    })
    expect((await rest('GET', '', { token: developer })).status).toBe(403)
    expect((await rest('DELETE', `/${rule.id}`, { token: developer })).status).toBe(403)
    expect((await rest('DELETE', `/${rule.id}`, { token: maintainer })).status).toBe(204)
    expect((await rest('DELETE', `/${rule.id}`, { token: maintainer })).status).toBe(404)
    await access.createProject({ path: 'acme/secret' })
    const hidden = ['acme/none', 'acme/secret'].map((path) => ({ ref: 'refs/heads/x', project_path: path }))
    for (const wrong of [{ ref: 'main' }, ...hidden, {}])
      expect((await rest('POST', '', { token: maintainer, body: wrong })).status).toBe(400)
  })

  it('and what they let stand in the audit trail, without a token', async () => {
    const rows = await Array.fromAsync(await withAdmin(data, async (admin) => admin.audit()))
    const of = (action: string) => rows.filter((row) => row.action === action)
    expect(of('publisher.add')[0]).toMatchObject({
      details: {
        project: 'acme/tools',
        issuer: server.url,
        pipeline: 'acme/tools//.gitlab-ci.yml',
        ref: 'refs/heads/*',
      },
      outcome: 'done',
    })
    expect(of('publisher.remove').at(-1)).toMatchObject({
      outcome: 'refused',
      code: 'access.unknown-publisher',
    })
    expect(of('upload-token.mint')[0]).toMatchObject({
      details: { issuer: server.url, pipeline: 'acme/tools refs/heads/main', projects: String(tools.id) },
      outcome: 'done',
    })
    expect(JSON.stringify(rows)).not.toMatch(/eyJ|wspub-/)
  })
})
