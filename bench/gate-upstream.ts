/**
 * `node bench/gate-upstream.ts PORT FOLDER DELAY_MS`: the index of a folder that `gate-fixture.ts` made, as PyPI answers:
 * API version 1.3 in JSON, with `provenance`; each answer after so many milliseconds. A package `spare-N` is there for
 * every number, with one file of whose bytes nobody asks.
 */
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Index, IndexedFile } from './gate-fixture.ts'

const [, , port = '', folder = '', delay = '0'] = process.argv
const delayMs = Number(delay)
const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Index
const origin = `http://127.0.0.1:${port}`

interface Page {
  readonly body: Buffer
  readonly etag: string
}

const pages = new Map(Object.entries(index).map(([name, files]) => [name, pageOf(name, files)]))

createServer((request, response) => {
  if (request.url === '/ready') response.end()
  else if (delayMs === 0) answer(request, response)
  else setTimeout(() => answer(request, response), delayMs)
}).listen(Number(port), '127.0.0.1')

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, root = '', ...rest] = (request.url ?? '').split('/')
  const last = rest.at(-1) ?? ''
  if (root === 'simple') sendPage(rest[0] ?? '', request, response)
  else if (root === 'packages') sendFile(join(folder, 'files', last), request, response)
  else if (root === 'integrity') sendFile(join(folder, 'provenance', last), request, response)
  else response.writeHead(404).end()
}

function sendPage(name: string, { headers }: IncomingMessage, response: ServerResponse): void {
  const page = pages.get(name) ?? (name.startsWith('spare-') ? pageOf(name, [spareFile(name)]) : undefined)
  if (page === undefined) return void response.writeHead(404).end()
  const about = { etag: page.etag, 'cache-control': 'max-age=600, public' }
  if (headers['if-none-match'] === page.etag) return void response.writeHead(304, about).end()
  const type = 'application/vnd.pypi.simple.v1+json'
  response.writeHead(200, { ...about, 'content-type': type, 'content-length': page.body.length })
  response.end(page.body)
}

function sendFile(path: string, { headers }: IncomingMessage, response: ServerResponse): void {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? {}
  if (size === undefined) return void response.writeHead(404).end()
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? []
  const common = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' }
  if (first === undefined || last === undefined) {
    response.writeHead(200, {
      ...common,
      'content-length': size,
      'cache-control': 'max-age=365000000, immutable',
    })
    return void createReadStream(path).pipe(response)
  }
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last))
  const range = { 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': end - start + 1 }
  response.writeHead(206, { ...common, ...range })
  createReadStream(path, { start, end }).pipe(response)
}

function pageOf(name: string, files: readonly IndexedFile[]): Page {
  const meta = { 'api-version': '1.3', '_last-serial': 1 }
  const versions = [
    ...new Set(files.map(({ fileName }) => fileName.replace('.tar.gz', '').split('-')[1] ?? '')),
  ]
  const body = Buffer.from(JSON.stringify({ meta, name, versions, files: files.map(listed) }))
  return { body, etag: `"${sha256Of(body)}"` }
}

/** A digest in the path, as PyPI has it. */
function listed({ fileName, sha256, size, uploadedAt, metadataSha256, isSealed }: IndexedFile): object {
  const place = `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256.slice(4)}`
  const metadata = metadataSha256 === null ? false : { sha256: metadataSha256 }
  return {
    filename: fileName,
    url: `${origin}/packages/${place}/${fileName}`,
    hashes: { sha256 },
    size,
    'upload-time': uploadedAt,
    'requires-python': '>=3.8',
    'core-metadata': metadata,
    'data-dist-info-metadata': metadata,
    yanked: false,
    provenance: isSealed ? `${origin}/integrity/${fileName}` : null,
  }
}

function spareFile(name: string): IndexedFile {
  const fileName = `${name.replaceAll('-', '_')}-1.0-py3-none-any.whl`
  const uploadedAt = '2025-05-05T05:05:05.000000Z'
  return {
    fileName,
    sha256: sha256Of(name),
    size: 1000,
    uploadedAt,
    metadataSha256: sha256Of(fileName),
    isSealed: false,
  }
}

function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
