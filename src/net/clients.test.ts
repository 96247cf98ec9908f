import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret, utf8 } from '../base/index.ts'
import {
  formatLogEntry,
  hashedRekordBody,
  type HashedRekord,
  type LogEntry,
} from '../formats/sigstore/index.ts'
import { buildRoot, certificatePem, parsePublicKeyPem } from '../formats/x509/index.ts'
import { systemFiles } from '../host/index.ts'
import { patientClock, serve, type Running } from './arrange.ts'
import { createFulcioClient, createHttp, createRekorClient } from './index.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const der = buildRoot({
  name: { organization: 'example.test', commonName: 'root' },
  key: privateKey,
  spki,
  serial: new Uint8Array([1]),
  notBeforeSeconds: 1_800_000_000,
  notAfterSeconds: 2_000_000_000,
})
const proposed: HashedRekord = {
  algorithm: 'sha256',
  digest: new Uint8Array(32).fill(7),
  signature: new Uint8Array([0x30, 1, 2]),
  publicKeyPem: certificatePem(der),
}
const uuid = `00000000000000ab${'cd'.repeat(32)}`
const entry: LogEntry = {
  uuid,
  body: hashedRekordBody(proposed),
  integratedTimeSeconds: 1_900_000_000,
  logId: 'ab'.repeat(32),
  logIndex: 7,
  inclusionProof: {
    checkpoint: 'note',
    hashes: [new Uint8Array(32)],
    logIndex: 7,
    rootHash: new Uint8Array(32),
    treeSize: 8,
  },
  signedEntryTimestamp: new Uint8Array([0x30, 0]),
}

let running: Running | undefined
const asked: { method: string; path: string; headers: IncomingMessage['headers']; json: unknown }[] = []
afterEach(() => {
  running?.close()
  asked.length = 0
})

type Answer = readonly [status: number, text: string, headers?: Record<string, string>]

/** A service that notes what it is asked and answers by path. */
async function service(answers: Readonly<Record<string, Answer>>): Promise<string> {
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const part of request) text += String(part)
    const { method = '', url = '', headers } = request
    asked.push({ method, path: url, headers, json: text === '' ? undefined : JSON.parse(text) })
    const [status, body, more] = answers[url] ?? [404, '']
    response.writeHead(status, more).end(body)
  }
  running = await serve((request, response) => void listener(request, response))
  return running.url
}

const http = createHttp({ env: {}, files: systemFiles })
const options = (url: string): Parameters<typeof createFulcioClient>[0] => ({
  url,
  http,
  clock: patientClock(),
})

describe('createFulcioClient', () => {
  const path = '/base/api/v1/signingCert'
  const chain = certificatePem(der) + certificatePem(der)
  const issue = async (...answer: Answer): Promise<readonly Uint8Array[]> => {
    const url = await service({ [path]: answer })
    const token = new Secret('the.id.token')
    return createFulcioClient(options(`${url}/base/`)).issue({ token, publicKey: spki, proof: utf8('proof') })
  }

  it('asks as cosign 2.2.3 does and gives the chain', async () => {
    expect(await issue(201, chain)).toEqual([der, der])
    const [{ method, headers, json }] = asked as [(typeof asked)[number]]
    expect(method).toBe('POST')
    expect(headers).toMatchObject({
      authorization: 'Bearer the.id.token',
      'content-type': 'application/json',
    })
    expect(Object.keys(json as object)).toEqual([
      'publicKey',
      'signedEmailAddress',
      'certificateSigningRequest',
    ])
    const { publicKey: key, signedEmailAddress } = json as {
      publicKey: { content: string }
      signedEmailAddress: string
    }
    expect(parsePublicKeyPem(Buffer.from(key.content, 'base64').toString())).toEqual(spki)
    expect(signedEmailAddress).toBe(Buffer.from('proof').toString('base64'))
  })

  it.each([
    ['another success', 200, chain, 'net.refused'],
    ['a redirect', 302, '', 'net.refused'],
    ['a login page', 201, '<html>', 'net.reply'],
    ['a leaf without its issuer', 201, certificatePem(der), 'net.reply'],
    ['nothing', 201, '', 'net.reply'],
    ['more than a chain', 201, chain.repeat(1000), 'net.reply'],
  ])('refuses %s', async (...[, status, text, code]) => {
    await expect(issue(status, text)).rejects.toMatchObject({ code })
  })

  it("hands on the authority's words on one line, and never the token", async () => {
    const message = JSON.stringify({ code: 3, message: 'bad\n\u001b[31m token' })
    await expect(issue(400, message)).rejects.toThrow(/answered 400: bad \\u\{1b\}\[31m token$/)
    await expect(issue(401, 'x'.repeat(9000))).rejects.toThrow(/x{300}…$/)
  })
})

describe('createRekorClient', () => {
  const entries = '/api/v1/log/entries'
  const stored = JSON.stringify(formatLogEntry(entry))

  it('adds an entry as cosign 2.2.3 does', async () => {
    const url = await service({ [entries]: [201, stored] })
    expect(await createRekorClient(options(url)).append(proposed)).toEqual(entry)
    expect(asked[0]).toMatchObject({
      method: 'POST',
      headers: { accept: 'application/json' },
      json: JSON.parse(Buffer.from(entry.body).toString()) as object,
    })
  })

  it('fetches the entry that is there already, from the host that it was told', async () => {
    for (const location of [`${entries}/${uuid}`, `http://elsewhere.test${entries}/${uuid}`]) {
      const url = await service({
        [entries]: [409, '{"message":"exists"}', { location }],
        [`${entries}/${uuid}`]: [200, stored],
      })
      expect(await createRekorClient(options(url)).append(proposed)).toEqual(entry)
      running?.close()
    }
  })

  it.each(['', '/', `${entries}/../../secret`, `${entries}/${uuid}?x=1`])(
    'refuses a conflict with the location %j',
    async (location) => {
      const url = await service({ [entries]: [409, '', { location }] })
      await expect(createRekorClient(options(url)).append(proposed)).rejects.toMatchObject({
        code: 'net.reply',
      })
      expect(asked).toHaveLength(1)
    },
  )

  it('asks for the entry by its content where a conflict comes without its location', async () => {
    const url = await service({
      [entries]: [409, '{"message":"exists"}'],
      [`${entries}/retrieve`]: [200, `[${stored}]`],
    })
    expect(await createRekorClient(options(url)).append(proposed)).toEqual(entry)
  })

  /** Takes the entry and cuts the connection, before the answer or in it; the second time it has it already. */
  async function cutting(answerOnce: (response: ServerResponse) => void): Promise<string> {
    let count = 0
    running = await serve((request, response) => {
      request.resume()
      count += request.method === 'POST' ? 1 : 0
      if (count === 1) answerOnce(response)
      else if (request.method === 'GET') response.end(stored)
      else response.writeHead(409, { location: `${entries}/${uuid}` }).end('{"message":"exists"}')
    })
    return running.url
  }

  it.each<[string, (response: ServerResponse) => void]>([
    ['before its answer', (response) => void response.destroy()],
    [
      'in its answer',
      (response) => {
        response.writeHead(201, { 'content-length': '5000' })
        response.write(stored.slice(0, 20), () => response.destroy())
      },
    ],
  ])('ends with the entry that the log took when it was cut off %s', async (_when, answerOnce) => {
    const url = await cutting(answerOnce)
    expect(await createRekorClient(options(url)).append(proposed)).toEqual(entry)
  })

  it('gives up on a log that cuts every answer', async () => {
    let count = 0
    running = await serve((_request, response) => {
      count += 1
      response.destroy()
    })
    await expect(createRekorClient(options(running.url)).append(proposed)).rejects.toMatchObject({
      code: 'net.unreachable',
    })
    expect(count).toBe(4)
  })

  it('finds the entries of a proposal, or none', async () => {
    const find = async (text: string): Promise<readonly LogEntry[]> => {
      const url = await service({ [`${entries}/retrieve`]: [200, text] })
      return createRekorClient(options(url)).find(proposed)
    }
    expect(await find(`[${stored}]`)).toEqual([entry])
    expect(asked[0]?.json).toEqual({ entries: [JSON.parse(Buffer.from(entry.body).toString())] })
    running?.close()
    expect(await find('[]')).toEqual([])
  })

  it.each(['', '{}', 'null', '[{}]', '<html>', '[1]', `[${'['.repeat(100)}`])(
    'refuses %j in place of entries',
    async (text) => {
      const url = await service({ [`${entries}/retrieve`]: [200, text] })
      await expect(createRekorClient(options(url)).find(proposed)).rejects.toMatchObject({
        code: 'net.reply',
      })
    },
  )
})
