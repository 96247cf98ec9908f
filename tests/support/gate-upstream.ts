import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ownAddress } from '../../src/host/arrange.ts'
import { sha256Of, type Distribution } from './gate-packages.ts'

/** A file of an index, with what the index says of it and what it sends. */
export interface Offer {
  readonly file: Distribution
  readonly uploadedAtMs: number
  /** An object of PEP 740; null: the page says that there is none; `unsaid`: the page says nothing of it. */
  readonly provenance: Buffer | null | 'unsaid'
  /** In place of the object: 403 is PyPI's word for "switched off". */
  readonly provenanceStatus?: number
  readonly yanked?: string
  /** In place of the bytes; the page keeps the digest of the true ones. */
  readonly sent?: Buffer
  /** The connection is cut after so many bytes. */
  readonly cutAfterBytes?: number
  /** In place of the metadata, and the page has the digest of this; null: none is offered. */
  readonly sentMetadata?: Buffer | null
  /** The page names an address that answers 302 to the file. */
  readonly redirects?: boolean
}

export interface AskedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** What holds for all of an index; may be changed at any time. */
export interface IndexManner {
  /** Pages in HTML whatever is asked for, with all that HTML can say: no times, no sizes. */
  onlyHtml: boolean
  /** Before every answer with a body. */
  delayMs: number
}

/** An index on loopback that can be told to lie. Anybody may change what it offers, at any time. */
export interface GateUpstream {
  /** With a slash at its end. */
  readonly url: string
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly manner: IndexManner
  readonly asked: readonly AskedRequest[]
  /** Adds the file, or takes the place of the one of this name. */
  offer(offer: Offer): void
  change(fileName: string, changes: Partial<Offer>): void
  remove(fileName: string): void
  /** From then on connections are refused, until `revive`. */
  kill(): Promise<void>
  revive(): Promise<void>
  close(): Promise<void>
}

interface State {
  readonly offers: Map<string, Offer>
  readonly manner: IndexManner
  readonly host: string
}

export async function startGateUpstream(offers: readonly Offer[] = []): Promise<GateUpstream> {
  const host = await ownAddress()
  const kept = new Map(offers.map((offer) => [offer.file.fileName, offer]))
  const state: State = { host, offers: kept, manner: { onlyHtml: false, delayMs: 0 } }
  const asked: AskedRequest[] = []
  let listening: Listening | undefined = await listen(state, asked)
  const kill = async (): Promise<void> => {
    await listening?.stop()
    listening = undefined
  }
  return {
    url: `http://${host}/simple/`,
    host,
    manner: state.manner,
    asked,
    offer: (offer) => void state.offers.set(offer.file.fileName, offer),
    change: (fileName, changes) => {
      const offer = state.offers.get(fileName)
      if (offer === undefined) throw new Error(`${fileName} is not offered`)
      state.offers.set(fileName, { ...offer, ...changes })
    },
    remove: (fileName) => void state.offers.delete(fileName),
    kill,
    revive: async () => {
      listening ??= await listen(state, asked)
    },
    close: kill,
  }
}

interface Listening {
  stop(): Promise<void>
}

async function listen(state: State, asked: AskedRequest[]): Promise<Listening> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    asked.push({ method, path: url, headers })
    answer(state, { method, url, headers }, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const [name = '', port = ''] = state.host.split(':')
  server.listen(Number(port), name)
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return { stop }
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

async function answer(state: State, asked: Asked, response: ServerResponse): Promise<void> {
  if (state.manner.delayMs > 0 && asked.method !== 'HEAD') await sleep(state.manner.delayMs)
  const [, root = '', ...rest] = new URL(asked.url, `http://${state.host}`).pathname.split('/')
  if (root === 'simple') sendPage(state, { name: rest[0] ?? '', asked }, response)
  else sendOffer(state, { root, fileName: rest.at(-1) ?? '', asked }, response)
}

function sendOffer(
  state: State,
  { root, fileName, asked }: { readonly root: string; readonly fileName: string; readonly asked: Asked },
  response: ServerResponse,
): void {
  const isMetadata = fileName.endsWith('.metadata')
  const offer = state.offers.get(isMetadata ? fileName.slice(0, -'.metadata'.length) : fileName)
  if (offer === undefined) sendNone(response)
  else if (root === 'moved') sendRedirect(state, offer, response)
  else if (root === 'integrity') sendProvenance(offer, response)
  else if (isMetadata) sendMetadata(offer, response)
  else sendFile(offer, asked, response)
}

interface Sent {
  readonly status: number
  readonly type: string
  readonly body: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

function send(response: ServerResponse, { status, type, body, headers = {} }: Sent): void {
  response.writeHead(status, { 'content-type': type, 'content-length': body.length, ...headers }).end(body)
}

function sendNone(response: ServerResponse): void {
  send(response, { status: 404, type: 'text/plain', body: Buffer.from('there is none') })
}

function sendRedirect({ host }: State, { file }: Offer, response: ServerResponse): void {
  response.writeHead(302, { location: `http://${host}${pathOf(file)}` }).end()
}

function sendProvenance({ provenance, provenanceStatus = 200 }: Offer, response: ServerResponse): void {
  const isThere = provenance instanceof Buffer && provenanceStatus === 200
  const body = isThere ? provenance : Buffer.from('{"message":"Attestations temporarily disabled"}')
  const status = isThere || provenanceStatus !== 200 ? provenanceStatus : 404
  send(response, { status, type: 'application/vnd.pypi.integrity.v1+json', body })
}

function sendMetadata(offer: Offer, response: ServerResponse): void {
  const body = metadataOf(offer)
  if (body === null) return sendNone(response)
  send(response, { status: 200, type: 'application/octet-stream', body })
}

function metadataOf({ file, sentMetadata }: Offer): Buffer | null {
  return sentMetadata === undefined ? file.metadata : sentMetadata
}

function sendFile(offer: Offer, { method, headers }: Asked, response: ServerResponse): void {
  const bytes = offer.sent ?? offer.file.bytes
  const range = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '')
  const type = 'application/octet-stream'
  const whole = { 'accept-ranges': 'bytes', etag: `"${offer.file.sha256}"` }
  if (method === 'HEAD')
    return void response.writeHead(200, { 'content-length': bytes.length, ...whole }).end()
  if (offer.cutAfterBytes !== undefined) return cut(response, bytes, offer.cutAfterBytes)
  if (range === null) return send(response, { status: 200, type, body: bytes, headers: whole })
  const { start, end } = partOf(range, bytes.length)
  const headersOfPart = { ...whole, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` }
  send(response, { status: 206, type, body: bytes.subarray(start, end), headers: headersOfPart })
}

function partOf([, first = '', last = '']: RegExpExecArray, size: number): { start: number; end: number } {
  if (first === '') return { start: Math.max(0, size - Number(last)), end: size }
  return { start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

function cut(response: ServerResponse, bytes: Buffer, after: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
  response.write(bytes.subarray(0, after), () => response.destroy())
}

function sendPage(
  state: State,
  { name, asked }: { readonly name: string; readonly asked: Asked },
  response: ServerResponse,
): void {
  const offers = [...state.offers.values()].filter(({ file }) => file.name === name)
  if (offers.length === 0) return sendNone(response)
  const page = state.manner.onlyHtml ? htmlPage(state, offers) : jsonPage(state, { name, offers })
  const etag = `"${sha256Of(page.body)}"`
  const headers = { etag, 'cache-control': 'max-age=0' }
  if (asked.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end()
  send(response, { status: 200, ...page, headers })
}

/** A digest in the path, as PyPI has it. */
function pathOf({ sha256, fileName }: Distribution): string {
  return `/packages/${sha256.slice(0, 2)}/${sha256.slice(2, 12)}/${fileName}`
}

function urlOf({ host }: State, { file, redirects = false }: Offer): string {
  return `http://${host}${redirects ? `/moved/${file.fileName}` : pathOf(file)}`
}

type Page = Pick<Sent, 'type' | 'body'>

function htmlPage(state: State, offers: readonly Offer[]): Page {
  const links = offers.map((offer) => `<a ${attributesOf(state, offer)}>${offer.file.fileName}</a><br>`)
  const body = `<!DOCTYPE html>\n<html><body>\n${links.join('\n')}\n</body></html>\n`
  return { type: 'text/html; charset=utf-8', body: Buffer.from(body) }
}

/** PEP 503, 592, 714 and 740. */
function attributesOf(state: State, offer: Offer): string {
  const { file, provenance, yanked } = offer
  const metadata = metadataOf(offer)
  const attributes = {
    href: `${urlOf(state, offer)}#sha256=${file.sha256}`,
    'data-requires-python': '&gt;=3.8',
    ...(metadata === null ? {} : { 'data-core-metadata': `sha256=${sha256Of(metadata)}` }),
    ...(provenance instanceof Buffer ? { 'data-provenance': provenanceUrl(state, file) } : {}),
    ...(yanked === undefined ? {} : { 'data-yanked': yanked }),
  }
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ')
}

function provenanceUrl({ host }: State, { fileName }: Distribution): string {
  return `http://${host}/integrity/${fileName}`
}

/** API version 1.3: PyPI's of 2026 but for its tracks. */
function jsonPage(
  state: State,
  { name, offers }: { readonly name: string; readonly offers: readonly Offer[] },
): Page {
  const versions = [...new Set(offers.map(({ file }) => file.version))]
  const meta = { 'api-version': '1.3', '_last-serial': 1 }
  const page = { meta, name, versions, files: offers.map((offer) => listedFile(state, offer)) }
  return { type: 'application/vnd.pypi.simple.v1+json', body: Buffer.from(JSON.stringify(page)) }
}

function listedFile(state: State, offer: Offer): object {
  const { file, provenance, uploadedAtMs, yanked = false } = offer
  const metadata = metadataOf(offer)
  const address = provenanceUrl(state, file)
  return {
    filename: file.fileName,
    url: urlOf(state, offer),
    hashes: { sha256: file.sha256 },
    size: file.bytes.length,
    'upload-time': new Date(uploadedAtMs).toISOString(),
    'requires-python': '>=3.8',
    'core-metadata': metadata === null ? false : { sha256: sha256Of(metadata) },
    yanked,
    ...(provenance === 'unsaid' ? {} : { provenance: provenance === null ? null : address }),
  }
}
