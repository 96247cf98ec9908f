import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { bytesEqual, sha256, utf8 } from '../base/index.ts'
import { chain, leaf, leafKey, message, NOW } from '../formats/timestamp/arrange.ts'
import {
  buildTimestampRejection,
  buildTimestampResponse,
  messageImprint,
  parseTimestampRequest,
  parseTimestampResponse,
  verifyTimestamp,
  type TimestampRequest,
} from '../formats/timestamp/index.ts'
import { systemFiles } from '../host/index.ts'
import { patientClock, serve, type Running } from './arrange.ts'
import { createHttp, createTimestampClient } from './index.ts'

let running: Running | undefined
afterEach(() => running?.close())

/** A number whose first octet is zero: it comes back without it. */
const nonce = new Uint8Array([0, 2, 3, 4, 5, 6, 7, 8])
const http = createHttp({ env: {}, files: systemFiles })
const asked: { url: string | undefined; type: string | undefined; request: TimestampRequest }[] = []

type Answer = readonly [status: number, body: Uint8Array | string]

async function authority(answer: (request: TimestampRequest) => Answer) {
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { url, headers } = request
    const parsed = parseTimestampRequest(new Uint8Array(Buffer.concat(parts)))
    asked.push({ url, type: headers['content-type'], request: parsed })
    const [status, body] = answer(parsed)
    response.writeHead(status).end(body)
  }
  running = await serve((request, response) => void listener(request, response))
  const entropy = { bytes: () => nonce, uuid: () => '' }
  return createTimestampClient({ url: `${running.url}/stamp`, http, clock: patientClock(), entropy })
}

function granted(request: TimestampRequest, changes: Partial<TimestampRequest> = {}): Answer {
  const { imprint, nonce: number } = { ...request, ...changes }
  const serial = new Uint8Array([1])
  const info = { policy: '1.2.3', imprint, serial, timeSeconds: NOW, nonce: number }
  return [200, buildTimestampResponse({ info, signer: leaf, key: leafKey.key, certificates: [leaf.der] })]
}

describe('createTimestampClient', () => {
  it('asks for a stamp of the digest with a nonce, and gives the response as it is', async () => {
    const der = await (await authority(granted)).stamp(message)
    const [{ url, type, request } = expect.fail('nothing was asked')] = asked
    expect({ url, type }).toEqual({ url: '/stamp', type: 'application/timestamp-query' })
    expect(request).toMatchObject({ imprint: { digest: sha256(message) }, wantsCertificates: true })
    expect(bytesEqual(request.nonce ?? nonce, nonce.subarray(1))).toBe(true)
    const response = parseTimestampResponse(der)
    expect(verifyTimestamp({ response, stamped: { message }, chain })).toEqual({ ok: true, timeSeconds: NOW })
  })

  it.each<[string, (request: TimestampRequest) => Answer, string]>([
    ['another nonce', (one) => granted(one, { nonce: new Uint8Array([9]) }), 'net.reply'],
    ['no nonce', (one) => granted(one, { nonce: undefined }), 'net.reply'],
    [
      'a stamp of something else',
      (one) => granted(one, { imprint: messageImprint('sha256', sha256(utf8('other'))) }),
      'net.reply',
    ],
    ['something else', () => [200, '<html>'], 'net.reply'],
    ['more than a timestamp', () => [200, 'a'.repeat(70_000)], 'net.reply'],
    ['a rejection', () => [200, buildTimestampRejection('badAlg', 'no')], 'net.refused'],
    ['a refusal', () => [403, 'not you'], 'net.refused'],
    ['too much to do', () => [503, ''], 'net.overloaded'],
  ])('refuses %s', async (_what, answer, code) => {
    await expect((await authority(answer)).stamp(message)).rejects.toMatchObject({ code })
  })
})
