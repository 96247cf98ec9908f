import { afterEach, describe, expect, it } from 'vitest'
import type { RequestListener } from 'node:http'
import { Secret, sha256Hex, utf8 } from '../base/index.ts'
import { systemClock, systemFiles } from '../host/index.ts'
import type { PackageRegistry } from '../packaging/index.ts'
import { serve, type Running } from './arrange.ts'
import { createGitlabPackages, createHttp } from './index.ts'

const running: Running[] = []
afterEach(() => {
  for (const one of running.splice(0)) one.close()
})

async function registry(listener: RequestListener): Promise<{ registry: PackageRegistry; url: string }> {
  const one = await serve(listener)
  running.push(one)
  const http = createHttp({ env: {}, files: systemFiles })
  const options = { http, clock: systemClock, api: `${one.url}/api/v4`, project: 'a/b' }
  return {
    registry: createGitlabPackages({
      ...options,
      authorization: new Secret('Basic up'),
      reading: new Secret('Basic x'),
    }),
    url: one.url,
  }
}

const SHA = 'ab'.repeat(32)

describe('a file that is read back', () => {
  it('is read as far as it can be the file, however long what is served is', async () => {
    const { registry: endless, url } = await registry((_request, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(1 << 16), more)
      }
      more()
    })
    const found = await endless.digestOf({ fileName: 'a', sha256: SHA, url: `${url}/a` }, 10)
    expect(found?.sizeBytes).toBeGreaterThan(10)
  })

  it('is asked for at the API where the index links to another host, and the digest is that of its bytes', async () => {
    const asked: unknown[] = []
    const { registry: external } = await registry((request, response) => {
      asked.push(request.url, request.headers.authorization)
      response.end('bytes')
    })
    const file = { fileName: 'a-1+x.tar.gz', sha256: SHA, url: 'https://git.example/files/a-1+x.tar.gz' }
    expect(await external.digestOf(file, 5)).toEqual({ sha256: sha256Hex(utf8('bytes')), sizeBytes: 5 })
    expect(asked).toEqual([`/api/v4/projects/a%2Fb/packages/pypi/files/${SHA}/a-1%2Bx.tar.gz`, 'Basic x'])
  })

  it('is not followed to a place without TLS from one with it, nor for ever', async () => {
    const { registry: looping, url } = await registry((_request, response) =>
      response.writeHead(302, { location: '/a' }).end(),
    )
    await expect(looping.digestOf({ fileName: 'a', sha256: SHA, url: `${url}/a` }, 5)).rejects.toThrow(
      'again and again',
    )
  })
})
