import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Project } from '../../src/access/index.ts'
import type { Log } from '../../src/base/index.ts'
import { ownAddress } from '../../src/host/arrange.ts'
import { startServer, withAdmin, type RunningServer } from '../../src/server/index.ts'
import { startGitLabIssuer, type GitLabIssuer } from './gitlab-issuer.ts'

export interface Minted {
  readonly status: number
  readonly success?: boolean
  readonly token?: string
  readonly message?: string
  readonly code?: string
  readonly errors?: readonly { readonly code: string; readonly description: string }[]
}

interface RunningJob {
  readonly pipelineId: number
  readonly jobId: number
  readonly idToken: string
}

/**
 * A server in this process with a project that trusts its own pipelines at all branches, and those of `team/wheels` of
 * another GitLab at `main`.
 */
export interface PublishingServer {
  readonly server: RunningServer
  readonly data: string
  readonly gitlab: GitLabIssuer
  readonly audience: string
  readonly tools: Project
  mint(token: string): Promise<Minted>
  /** As twine does: by the user `__token__`. The status. */
  upload(token?: string, project?: string): Promise<number>
  /** A job of this server that runs, its pipeline, and its id token for `aud`. */
  runningJob(aud?: string): Promise<RunningJob>
  /** Tokens that were sent or given and stand in a line of the log; ends the server. */
  close(): Promise<readonly string[]>
}

export async function startPublishingServer(): Promise<PublishingServer> {
  const root = await mkdtemp(join(tmpdir(), 'wheelseal-publishing-'))
  const [data, gitlab, listen] = [join(root, 'data'), await startGitLabIssuer(), await ownAddress()]
  await mkdir(data)
  await writeFile(join(root, 'keys.json'), gitlab.keySet)
  const issuer = `[[issuers]]\nurl = "${gitlab.url}"\njwks = "../keys.json"\ngroups = ["team"]\n`
  await writeFile(join(data, 'wheelseal.toml'), issuer)
  const { log, lines } = memoryLog()
  const server = await startServer({ data, listen, anchor: join(root, 'anchor'), log })
  const tools = await server.services.access.createProject({ path: 'acme/tools' })
  await withAdmin(data, async (admin) => {
    await admin.addPublisher('acme/tools', { ref: 'refs/heads/*' })
    const foreign = { issuer: gitlab.url, project_path: 'team/wheels', ref: 'refs/heads/main' }
    await admin.addPublisher('acme/tools', foreign)
  })
  const audience = `wheelseal:${listen}`
  const secrets: string[] = []
  return {
    ...{ server, data, gitlab, audience, tools },
    mint: (token) => mint(server.url, token, secrets),
    upload: uploader(server.url),
    runningJob: (aud = audience) => runningJob(server, tools, aud),
    close: async () => {
      await server.close()
      gitlab.close()
      await rm(root, { recursive: true })
      const logged = lines.join('\n')
      return secrets.filter((secret) => secret.length > 30 && logged.includes(secret.slice(-30)))
    },
  }
}

function memoryLog(): { readonly log: Log; readonly lines: readonly string[] } {
  const lines: string[] = []
  const log: Log = {
    event: (event, fields = {}) => void lines.push(JSON.stringify({ event, ...fields })),
    failure: (event, error) => void lines.push(`${event} ${String(error)}`),
  }
  return { log, lines }
}

async function mint(url: string, token: string, secrets: string[]): Promise<Minted> {
  secrets.push(token)
  const answer = await fetch(`${url}/_/oidc/mint-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  const minted = (await answer.json()) as Minted
  if (minted.token !== undefined) secrets.push(minted.token)
  return { ...minted, status: answer.status }
}

function uploader(url: string): PublishingServer['upload'] {
  let files = 0
  return async (token = '', project = 'acme/tools') => {
    const authorization = `Basic ${Buffer.from(`__token__:${token}`).toString('base64')}`
    files += 1
    const place = `${encodeURIComponent(project)}/packages/generic/tools/1.0/file-${files}`
    const init = { method: 'PUT', body: 'x', headers: { authorization } }
    return (await fetch(`${url}/api/v4/projects/${place}`, init)).status
  }
}

async function runningJob(
  { services: { pipelines, access } }: RunningServer,
  project: Project,
  aud: string,
): Promise<RunningJob> {
  const found = (await access.listUsers({ afterId: 0, limit: 1 }))[0]?.user
  const user = found ?? (await access.createUser({ login: 'ada', isAdministrator: true }))
  const text = `publish:\n  id_tokens:\n    THE_ID_TOKEN:\n      aud: '${aud}'\n  script: [publish]\n`
  const { id: pipelineId } = await pipelines.create({
    project,
    user: { id: user.id, login: user.login, email: user.email, accessLevel: 'owner' },
    source: 'push',
    commit: {
      repositoryUrl: 'file:///none',
      sha: 'c'.repeat(40),
      ref: 'main',
      refType: 'branch',
      title: 'one',
      author: 'Ada <ada@localhost>',
      timestamp: '2026-01-02T03:04:05Z',
    },
    config: { path: '.gitlab-ci.yml', text },
    variables: [],
  })
  const { token } = await pipelines.createRunner({ description: 'test' })
  const job = await pipelines.requestJob({ runnerToken: token.reveal(), info: {} })
  const variables = (job?.['variables'] ?? []) as readonly { readonly key: string; readonly value: string }[]
  const idToken = variables.find(({ key }) => key === 'THE_ID_TOKEN')?.value
  if (job === undefined || idToken === undefined) throw new Error('the pipeline has no job with an id token')
  return { pipelineId, jobId: job.id, idToken }
}
