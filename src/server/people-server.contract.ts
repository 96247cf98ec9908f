import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Access } from '../access/index.ts'
import { silentLog } from '../host/index.ts'
import { adminApp } from './routes.ts'
import { startServer, type RunningServer } from './server.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** A server with projects, the administrator `root`, and `ada`, a maintainer of the group `acme/sub`. */
export interface PeopleServer {
  readonly server: RunningServer
  readonly access: Access
  /** The text of a token, of `ada` and with the scope `api` unless said otherwise. */
  tokenOf(request: Partial<Parameters<Access['createToken']>[0]>): Promise<string>
  /** Of a path below `/api/v4`. */
  ask(path: string, token?: string, init?: RequestInit): Promise<Answer>
  statusOf(path: string, token?: string, init?: RequestInit): Promise<number>
  audit(): Promise<{ rows: { action: string }[] }>
  close(): Promise<void>
}

export async function startPeopleServer(): Promise<PeopleServer> {
  const root = await mkdtemp(join(tmpdir(), 'wheelseal-people-'))
  const [data, anchor] = [join(root, 'data'), join(root, 'anchor')]
  const server = await startServer({ data, listen: '127.0.0.1:0', anchor, log: silentLog })
  const { access } = server.services
  await makePeople(access)
  const ask: PeopleServer['ask'] = (...asked) => askServer(server.url, asked)
  return {
    server,
    access,
    tokenOf: async (request) => {
      const made = await access.createToken({ login: 'ada', scopes: ['api'], ...request })
      return made.token.reveal()
    },
    ask,
    statusOf: async (...asked) => (await ask(...asked)).status,
    audit: async () => {
      const answer = await adminApp(server.services, silentLog).request('http://admin/admin/audit')
      return (await answer.json()) as { rows: { action: string }[] }
    },
    close: async () => {
      await server.close()
      await rm(root, { recursive: true })
    },
  }
}

async function makePeople(access: Access): Promise<void> {
  await access.createUser({ login: 'root', isAdministrator: true })
  await access.createUser({ login: 'ada', email: 'ada@example.test' })
  await access.createProject({ path: 'acme/one', visibility: 'public' })
  await access.createProject({ path: 'acme/sub/two', visibility: 'internal' })
  await access.createProject({ path: 'acme/sub/three' })
  await access.setMember({ path: 'acme/sub', login: 'ada', role: 'maintainer' })
}

async function askServer(
  url: string,
  [path, token, init = {}]: Parameters<PeopleServer['ask']>,
): Promise<Answer> {
  const credential: Record<string, string> = token === undefined ? {} : { 'private-token': token }
  const headers = { ...credential, ...(init.headers as Record<string, string>) }
  const answer = await fetch(`${url}/api/v4${path}`, { ...init, headers })
  const text = await answer.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: answer.status, headers: answer.headers, body }
}
