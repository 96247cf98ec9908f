import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StandIn {
  readonly url: string
  readonly asked: readonly string[]
  readonly close: () => void
}

/** Answers in place of the registry; false where it does not. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean

/**
 * A GitLab before 2026 in front of a server: pages of the index are HTML whatever is asked for, with absolute links and
 * digests and nothing else, and what a GitLab has not is 404.
 */
export async function startHtmlGitLab(
  upstream: string,
  intercept: Interception = () => false,
): Promise<StandIn> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (!intercept(request, response)) relay(request, response).catch(() => response.destroy())
  })
  const relay = async ({ url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization } = headers
    const accept = { accept: 'text/html', ...(authorization === undefined ? {} : { authorization }) }
    const answer = await fetch(`${upstream}${url}`, { redirect: 'manual', headers: accept })
    const isPage = url.includes('/pypi/simple/') && answer.status === 200
    const body = isPage
      ? pageOf(await answer.text(), `${own()}${url}`)
      : Buffer.from(await answer.arrayBuffer())
    const type = isPage ? 'text/html; charset=utf-8' : 'application/octet-stream'
    response.writeHead(answer.status, { 'content-type': type }).end(body)
  }
  const own = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { url: own(), asked, close }
}

/** The links alone, absolute, as they are there. */
function pageOf(html: string, base: string): string {
  const links = [...html.matchAll(/<a [^>]*href="([^"#]+)(#sha256=[0-9a-f]{64})[^>]*>([^<]+)<\/a>/g)]
  const lines = links.map(([, href = '', digest, name]) => {
    const there = new URL(new URL(href, base).pathname, base).href
    return `<a href="${there}${digest}" data-requires-python="">${name}</a><br>`
  })
  const body = `<body><h1>Links</h1>${lines.join('\n')}</body>`
  return `<!DOCTYPE html>\n<html><head><title>Links</title></head>${body}</html>\n`
}
