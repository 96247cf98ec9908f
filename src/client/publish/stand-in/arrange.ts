/**
 * For tests only: a stand-in for the package registries of a real GitLab, which nothing here can run. It answers as
 * GitLab's sources and documentation have it: an index in HTML only with absolute links of the external host, the
 * digest that the uploader stated, 400 "has already been taken" for a used file name whatever its bytes, a redirect to
 * PyPI for a package that is not there, downloads from object storage at another host, and generic files as a list of
 * which the newest is served.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const TOKEN = 'glpat-stand-in-0123456789'
const AUTHORIZATION = `Basic ${Buffer.from(`__token__:${TOKEN}`).toString('base64')}`

export interface Asked {
  readonly method: string
  /** Without the prefix of a relative URL. */
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Uint8Array
}

/** Undefined: as GitLab does. `cut`: nothing is done, the connection ends. `lost`: it is done, and the answer is lost. */
export type Fault =
  | 'cut'
  | 'lost'
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }

export interface GitlabOptions {
  /** Where GitLab is installed at a relative URL: `/gitlab`. */
  readonly prefix?: string
  /** GitLab's own name for itself, which links have; default: its address. */
  readonly externalUrl?: string
  readonly forwardsTo?: string
  /** Where bodies are served; without one, directly. */
  readonly storage?: Storage
  readonly allowsDuplicates?: boolean
  /** `count` is how often this was asked, from 1. */
  readonly fault?: (asked: Asked, count: number) => Fault | undefined
  /** What is served in place of these bytes. */
  readonly served?: (fileName: string, bytes: Uint8Array) => Uint8Array
}

export interface StandIn {
  readonly url: string
  /** `METHOD PATH` of all requests. */
  readonly asked: readonly Asked[]
  /** File names of the PyPI registry, by the name that was sent, with the stated digests. */
  readonly packages: ReadonlyMap<string, ReadonlyMap<string, PypiFile>>
  /** All uploads by `NAME/VERSION/FILE`, the oldest first. */
  readonly generic: ReadonlyMap<string, readonly Uint8Array[]>
  close(): void
}

interface PypiFile {
  readonly bytes: Uint8Array
  readonly sha256: string
  readonly requiresPython: string
}

export async function gitlabStandIn(options: GitlabOptions = {}): Promise<StandIn & Kept> {
  const kept: Kept = { packages: new Map(), generic: new Map(), asked: [] }
  const server = createServer((request, response) => {
    void read(request).then((body) => handle({ request, response, body }, kept, options))
  })
  return { url: `${await listen(server)}${options.prefix ?? ''}`, ...kept, close: () => closeAll(server) }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Uint8Array
}

function handle({ request, response, body }: Exchange, kept: Kept, options: GitlabOptions): void {
  const { method = '', url = '', headers } = request
  const { prefix = '', externalUrl = `http://${headers.host}${prefix}` } = options
  const asked: Asked = { method, path: url.slice(prefix.length), authorization: headers.authorization, body }
  kept.asked.push(asked)
  const count = kept.asked.filter((one) => one.method === method && one.path === asked.path).length
  const fault = options.fault?.(asked, count)
  const contentType = headers['content-type'] ?? ''
  const answer = faultAnswer(fault) ?? answerOf({ asked, kept, options, base: externalUrl, contentType })
  if (answer === 'none' || fault === 'lost') request.socket.destroy()
  else send(response, answer)
}

/** Undefined where the request is to be done. */
function faultAnswer(fault: Fault | undefined): Answer | 'none' | undefined {
  if (fault === 'cut') return 'none'
  return typeof fault === 'object' ? { body: '', ...fault } : undefined
}

interface Kept {
  readonly packages: Map<string, Map<string, PypiFile>>
  readonly generic: Map<string, Uint8Array[]>
  readonly asked: Asked[]
}

interface Answer {
  readonly status: number
  readonly body: string | Uint8Array
  readonly headers?: Record<string, string>
}

interface Question {
  readonly asked: Asked
  readonly kept: Kept
  readonly options: GitlabOptions
  readonly base: string
  readonly contentType: string
}

const PROJECT = /^\/api\/v4\/projects\/(?:7|acme%2Ftools)\/packages\/(.*)$/

function answerOf(question: Question): Answer {
  const { asked } = question
  const [, rest] = PROJECT.exec(asked.path) ?? []
  if (asked.authorization !== AUTHORIZATION)
    return {
      ...message(401, '401 Unauthorized'),
      headers: { 'www-authenticate': 'Basic realm="GitLab Packages Registry"' },
    }
  if (rest === undefined) return message(404, '404 Project Not Found')
  const [kind = '', ...parts] = rest.split('/').map(decodeURIComponent)
  if (kind === 'generic') return generic(question, parts.join('/'))
  if (asked.method === 'POST') return upload(question)
  if (parts[0] === 'simple') return simple(question, parts[1] ?? '')
  return download(question, parts)
}

function upload({ asked, kept, contentType }: Question): Answer {
  const { fields, fileName, bytes } = readForm(asked.body, contentType)
  const files = kept.packages.get(fields['name'] ?? '') ?? new Map<string, PypiFile>()
  if (files.has(fileName))
    return message(400, '400 Bad request - Validation failed: File name has already been taken')
  kept.packages.set(fields['name'] ?? '', files)
  const { sha256_digest: sha256 = '', requires_python: requiresPython = '' } = fields
  files.set(fileName, { bytes, sha256, requiresPython })
  return message(201, '201 Created')
}

function simple({ kept, options, base }: Question, name: string): Answer {
  const files = [...kept.packages].filter(([sent]) => sent.toLowerCase().replaceAll(/[-_.]+/g, '-') === name)
  if (files.length === 0)
    return options.forwardsTo === undefined
      ? message(404, '404 Package Not Found')
      : { status: 302, body: '', headers: { location: `${options.forwardsTo}/simple/${name}/` } }
  const links = files.flatMap(([, ofName]) =>
    [...ofName].map(([fileName, { sha256, requiresPython }]) => {
      const href = `${base}/api/v4/projects/7/packages/pypi/files/${sha256}/${fileName}#sha256=${sha256}`
      const python = requiresPython.replaceAll('>', '&gt;').replaceAll('<', '&lt;')
      return `<a href="${href}" data-requires-python="${python}">${fileName}</a>`
    }),
  )
  const body = `<!DOCTYPE html>\n<html>\n  <head><title>Links for ${name}</title></head>\n  <body>\n    <h1>Links for ${name}</h1>\n    ${links.join('')}\n  </body>\n</html>\n`
  return { status: 200, body, headers: { 'content-type': 'text/html; charset=utf-8' } }
}

function download({ kept, options }: Question, [, sha256 = '', fileName = '']: readonly string[]): Answer {
  const file = [...kept.packages.values()]
    .map((files) => files.get(fileName))
    .find((one) => one?.sha256 === sha256)
  if (file === undefined) return message(404, '404 Not found')
  return served(options, fileName, file.bytes)
}

function generic({ asked, kept, options }: Question, place: string): Answer {
  const uploads = kept.generic.get(place) ?? []
  if (asked.method === 'PUT') {
    if (options.allowsDuplicates === false && uploads.length > 0)
      return message(400, '400 Bad request - Duplicate package is not allowed')
    kept.generic.set(place, [...uploads, asked.body])
    return message(201, '201 Created')
  }
  const newest = uploads.at(-1)
  return newest === undefined
    ? message(404, '404 Not found')
    : served(options, place.split('/').at(-1) ?? '', newest)
}

function served(options: GitlabOptions, fileName: string, bytes: Uint8Array): Answer {
  const body = options.served?.(fileName, bytes) ?? bytes
  if (options.storage === undefined) return { status: 200, body }
  const location = `${options.storage.url}/${sha256Of(body)}?X-Amz-Signature=secret`
  options.storage.bodies.set(sha256Of(body), body)
  return { status: 302, body: '', headers: { location } }
}

export interface Storage {
  readonly url: string
  /** By their digests. */
  readonly bodies: Map<string, Uint8Array>
  readonly asked: Asked[]
  close(): void
}

/** Stands in for the object storage. */
export async function storageStandIn(): Promise<Storage> {
  const asked: Asked[] = []
  const bodies = new Map<string, Uint8Array>()
  const server = createServer((request, response) => {
    const { url: path = '', method = '', headers } = request
    asked.push({ method, path, authorization: headers.authorization, body: new Uint8Array() })
    response.end(bodies.get(path.slice(1, 65)))
  })
  return { url: await listen(server), bodies, asked, close: () => closeAll(server) }
}

function message(status: number, text: string): Answer {
  return { status, body: JSON.stringify({ message: text }), headers: { 'content-type': 'application/json' } }
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, headers).end(body)
}

async function read(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of request) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}

interface Form {
  readonly fields: Readonly<Record<string, string>>
  readonly fileName: string
  readonly bytes: Uint8Array
}

/** Latin-1 has a character for each byte. */
function readForm(body: Uint8Array, contentType: string): Form {
  const boundary = /boundary=(\S+)/.exec(contentType)?.[1] ?? ''
  const text = `\r\n${Buffer.from(body).toString('latin1')}`
  const fields: Record<string, string> = {}
  let [fileName, content] = ['', '']
  for (const part of text.split(`\r\n--${boundary}`).slice(1, -1)) {
    const at = part.indexOf('\r\n\r\n')
    const [head, value] = [part.slice(0, at), part.slice(at + 4)]
    const name = / name="([^"]*)"/.exec(head)?.[1] ?? ''
    if (name === 'content') [fileName, content] = [/filename="([^"]*)"/.exec(head)?.[1] ?? '', value]
    else fields[name] = value
  }
  return { fields, fileName, bytes: Buffer.from(content, 'latin1') }
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
}

function closeAll(server: Server): void {
  server.closeAllConnections()
  server.close()
}

export function sha256Of(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
