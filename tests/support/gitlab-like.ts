import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import { ownAddress } from '../../src/host/arrange.ts'
import type { Distribution } from './gate-packages.ts'

export interface GitLabFile {
  readonly file: Distribution
  /** In the generic registry, by what follows the name of the file: `.sigstore.json`. */
  readonly seals: Readonly<Record<string, Buffer>>
}

export interface GitLabOptions {
  readonly files: readonly GitLabFile[]
  /** Of a job, or of a person: Basic, by any user name for that of a person. */
  readonly token: string
  /** The simple index that has what this one has not; with a slash at its end. */
  readonly forwardsTo: string
}

export interface GitLabRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** A GitLab with one private project, whose files lie in an object store on another port. */
export interface GitLabLike {
  /** Without a slash at its end. */
  readonly projectIndex: string
  readonly groupIndex: string
  /** `127.0.0.1:PORT` */
  readonly storeHost: string
  readonly asked: readonly GitLabRequest[]
  readonly askedOfStore: readonly GitLabRequest[]
  /** Every answer of the store from then on. */
  failStore(status: number | undefined): void
  close(): Promise<void>
}

const PROJECT = '/api/v4/projects/42/packages'
const GROUP = '/api/v4/groups/7'
/** What an object store signs a link with: as good as a password for as long as it counts. */
export const LINK_SIGNATURE = 'c0ffee5ignature'

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export async function startGitLabLike(options: GitLabOptions): Promise<GitLabLike> {
  const [host, storeHost] = [await ownAddress(), await ownAddress()]
  const [asked, askedOfStore]: GitLabRequest[][] = [[], []]
  let storeStatus: number | undefined
  const site = await listening(host, (request) => {
    asked?.push(request)
    return siteAnswer(options, { request, url: `http://${host}`, store: `http://${storeHost}` })
  })
  const store = await listening(storeHost, (request) => {
    askedOfStore?.push(request)
    return storeStatus === undefined ? storeAnswer(options, request) : { status: storeStatus }
  })
  return {
    projectIndex: `http://${host}${PROJECT}/pypi/simple`,
    groupIndex: `http://${host}${GROUP}/-/packages/pypi/simple`,
    ...{ storeHost, asked: asked ?? [], askedOfStore: askedOfStore ?? [] },
    failStore: (status) => {
      storeStatus = status
    },
    close: async () => {
      for (const server of [site, store]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    },
  }
}

async function listening(host: string, answer: (request: GitLabRequest) => Answer): Promise<Server> {
  const server = createServer(({ url = '', headers }, response) =>
    send(response, answer({ path: url, headers })),
  )
  const [name = '', port = ''] = host.split(':')
  server.listen(Number(port), name)
  await once(server, 'listening')
  return server
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body)
}

interface Asking {
  readonly request: GitLabRequest
  readonly url: string
  readonly store: string
}

const message = (status: number, text: string): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: `${status} ${text}` }),
})

/** As the routes of a GitLab of 2025 answer: pages in HTML whatever is accepted, no upload time, no metadata. */
function siteAnswer(options: GitLabOptions, asking: Asking): Answer {
  const { path, headers } = asking.request
  if (!isKnown(headers.authorization, options.token))
    return {
      ...message(401, 'Unauthorized'),
      headers: { 'www-authenticate': 'Basic realm="GitLab Packages Registry"' },
    }
  const [, name] = /\/pypi\/simple\/([^/?]+)\/?$/.exec(path) ?? []
  if (name !== undefined) return pageAnswer(options, name, asking)
  if (path.startsWith(`${GROUP}/packages?`)) return rowsAnswer(options, path)
  const object = objectOf(options, path)
  return object === undefined ? message(404, 'Not found') : toStore(asking.store, object)
}

function isKnown(authorization = '', token: string): boolean {
  const [, basic = ''] = /^Basic (.+)$/.exec(authorization) ?? []
  return Buffer.from(basic, 'base64').toString().split(':').slice(1).join(':') === token
}

function pageAnswer({ files, forwardsTo }: GitLabOptions, name: string, { request, url }: Asking): Answer {
  const found = files.filter(({ file }) => file.name === name)
  if (found.length === 0) return { status: 302, headers: { location: `${forwardsTo}${name}/` } }
  const base = request.path.startsWith(GROUP) ? `${GROUP}/-/packages` : PROJECT
  const links = found.map(({ file: { sha256, fileName } }) => {
    const href = `${url}${base}/pypi/files/${sha256}/${fileName}#sha256=${sha256}`
    return `<a href="${href}" data-requires-python="&gt;=3.8">${fileName}</a>`
  })
  const title = `Links for ${name}`
  const body = `<!DOCTYPE html>
<html>
  <head><title>${title}</title></head>
  <body>
    <h1>${title}</h1>
    ${links.join('\n    ')}
  </body>
</html>
`
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body }
}

/** Of the packages API, by which a group's index is tied to its projects. */
function rowsAnswer({ files }: GitLabOptions, path: string): Answer {
  const query = new URL(path, 'http://gitlab').searchParams
  const found = files.filter(
    ({ file }) => file.name === query.get('package_name') && file.version === query.get('package_version'),
  )
  const rows = found.slice(0, 1).map(({ file: { name, version } }) => {
    const project = { project_id: 42, project_path: 'acme/tools' }
    return Object.assign(project, { id: 1, name, version, package_type: 'pypi' })
  })
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(rows) }
}

/** What lies in the store under a key. */
function objectOf({ files }: GitLabOptions, path: string): string | undefined {
  const last = path.split('/').at(-1) ?? ''
  const isFile = /\/pypi\/files\/[0-9a-f]{64}\//.test(path)
  for (const { file, seals } of files) {
    const { fileName, sha256, name, version } = file
    if (isFile && path.includes(`/files/${sha256}/`)) return sha256
    const suffix = last.slice(fileName.length)
    const isThere = path.startsWith(`${PROJECT}/generic/${name}/${version}/`) && last.startsWith(fileName)
    if (isThere && suffix in seals) return `${sha256}${suffix}`
  }
  return undefined
}

function toStore(store: string, key: string): Answer {
  const query = `X-Amz-Expires=600&X-Amz-Signature=${LINK_SIGNATURE}`
  return { status: 302, headers: { location: `${store}/bucket/${key}?${query}` } }
}

/** An object store refuses two ways of proving who asks. */
function storeAnswer({ files }: GitLabOptions, { path, headers }: GitLabRequest): Answer {
  if (headers.authorization !== undefined || headers['private-token'] !== undefined)
    return { status: 400, body: 'Only one auth mechanism allowed' }
  if (!path.includes(`X-Amz-Signature=${LINK_SIGNATURE}`)) return { status: 403 }
  const key = /^\/bucket\/([^?]+)/.exec(path)?.[1] ?? ''
  const found = files.find(({ file }) => key.startsWith(file.sha256))
  const suffix = key.slice(64)
  const body = suffix === '' ? found?.file.bytes : found?.seals[suffix]
  return body === undefined ? { status: 404 } : { status: 200, body }
}
