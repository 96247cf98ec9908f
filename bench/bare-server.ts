/**
 * `node bench/bare-server.ts PORT FOLDER`: every file of a folder, read once, as an answer made before it was asked for.
 * No server on Node can send a page faster.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const [, , port = '', folder = ''] = process.argv
const pages = new Map(readdirSync(folder).map((name) => [`/${name}`, readFileSync(join(folder, name))]))

createServer((request, response) => {
  const page = pages.get(request.url ?? '')
  if (page === undefined) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'Content-Type': 'application/vnd.pypi.simple.v1+json',
    'Content-Length': page.length,
  })
  response.end(page)
}).listen(Number(port), '127.0.0.1')
