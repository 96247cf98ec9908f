/** For tests only: an index on loopback, and a gate's view of it. */
import type { RequestListener } from 'node:http'
import { expect } from 'vitest'
import type { ListedFile, NewPage, Upstream } from '../../gate/index.ts'
import type { Clock } from '../../base/index.ts'
import { systemClock, systemFiles } from '../../host/index.ts'
import { serve, type Running } from '../arrange.ts'
import { createGateUpstream, type GateUpstreamConfig } from '../index.ts'
import type { GateUpstreamPorts } from './index.ts'

export const SHA = 'ab'.repeat(32)
export const WHEEL = 'demo-1.0-py3-none-any.whl'
export const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
export const PAGE = '/simple/demo/'

const running: Running[] = []

export function closeAll(): void {
  for (const one of running.splice(0)) one.close()
}

export interface Asked {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** By path without query; what has none is 404. */
export type Answers = Readonly<Record<string, Answer>>
type Answer = RequestListener | string | Uint8Array

export async function host(answers: Answers): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const one = await serve((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, headers: request.headers })
    const answer = answers[path] ?? answers[path.split('?')[0] ?? '']
    if (answer === undefined) response.writeHead(404).end('{"message":"404 Not Found"}')
    else if (typeof answer === 'function') answer(request, response)
    else response.writeHead(200, { 'content-type': JSON_TYPE }).end(answer)
  })
  running.push(one)
  return { url: one.url, asked }
}

export interface Scene {
  readonly url: string
  readonly asked: Asked[]
  readonly upstream: Upstream
  readonly paused: number[]
}

/** `/simple/` of a host with these answers. */
export async function before(
  answers: Answers,
  config: Partial<GateUpstreamConfig> = {},
  ports: Partial<GateUpstreamPorts> = {},
): Promise<Scene> {
  const { url, asked } = await host(answers)
  const { clock, paused } = hastyClock()
  const whole = { name: 'ours', url: `${url}/simple/`, files: [], seals: 'provenance', ...config } as const
  const given = { env: {}, files: systemFiles, clock, ...ports }
  return { url, asked, paused, upstream: createGateUpstream(whole, given) }
}

/** Only limits, which can be called off, take their time. */
function hastyClock(): { readonly clock: Clock; readonly paused: number[] } {
  const paused: number[] = []
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal !== undefined) return systemClock.sleep(ms, signal)
    paused.push(ms)
  }
  return { clock: { nowMs: () => systemClock.nowMs(), sleep }, paused }
}

export const entry = (more: object = {}): object => ({
  filename: WHEEL,
  url: `/files/${WHEEL}`,
  hashes: { sha256: SHA },
  ...more,
})

export const jsonPage = (files: readonly object[], more: object = {}): string =>
  JSON.stringify({ meta: { 'api-version': '1.4' }, name: 'demo', files, ...more })

export async function pageOf({ upstream }: Scene, name = 'demo'): Promise<NewPage> {
  const answer = await upstream.page(name, { etag: null })
  if (answer.kind !== 'page') throw new Error(answer.kind)
  return answer.page
}

export function listedAt(
  url: string,
  more: Partial<ListedFile> = {},
): ListedFile & { readonly sha256: string } {
  return {
    fileName: WHEEL,
    version: '1.0',
    versionKey: '1',
    kind: 'wheel',
    sizeBytes: null,
    url: `${url}/files/${WHEEL}`,
    uploadedAtMs: null,
    requiresPython: null,
    yanked: null,
    provenance: { kind: 'unsaid' },
    offersMetadata: false,
    metadataSha256: null,
    ...more,
    sha256: SHA,
  }
}

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(code, headers).end('no')
  }

export const to = (location: string, code = 302): RequestListener => status(code, { location })

export const page =
  (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': JSON_TYPE, ...headers }).end(body)
  }

/** The connection is cut off: the first `times` requests, or in the middle of an answer. */
export function cutting(times: number, then: RequestListener): RequestListener {
  let count = 0
  return (request, response) => {
    count += 1
    if (count <= times) request.socket.destroy()
    else then(request, response)
  }
}

export const code = (text: string): unknown => expect.objectContaining({ code: text })
