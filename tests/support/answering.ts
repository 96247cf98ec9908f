import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Given {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** A server that answers as it is told to, path by path. */
export interface Answering {
  readonly url: string
  readonly paths: readonly string[]
  close(): Promise<unknown>
}

export async function answering(answer: (path: string) => Given): Promise<Answering> {
  const paths: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    paths.push(path)
    const { status = 200, headers = {}, body } = answer(path)
    response.writeHead(status, headers).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve).closeAllConnections()
      }),
  }
}

/** A page of the simple API with these files, as JSON. */
export function simplePage(name: string, files: readonly object[]): Given {
  const page = { meta: { 'api-version': '1.3' }, name, versions: [], files }
  const headers = { 'content-type': 'application/vnd.pypi.simple.v1+json' }
  return { headers, body: JSON.stringify(page) }
}
