/** For tests only: a machine on which everything is in order, of which a test changes one thing. */
import { WheelsealError, utf8, type Http, type HttpResponse } from '../../base/index.ts'
import { netErrors } from '../../net/index.ts'
import type { TrustRoot } from '../../verify/index.ts'
import type { Check, Finding } from './check.ts'
import { gatherFacts } from './facts.ts'
import type { DoctorIo, PlaceFacts } from './io.ts'

export const NOW_SECONDS = 1_900_000_000
const NOW_DATE = 'Wed, 17 Mar 2030 17:46:40 GMT'
export const SEAL_URL = 'https://seal.example'

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** By URL; what is not named is not reached. */
export type Replies = Readonly<Record<string, Reply | WheelsealError>>

export const JSON_TYPE = { 'content-type': 'application/json', date: NOW_DATE }

function httpOf(replies: Replies, asked: string[] = []): Http {
  return {
    request: async ({ method, url }) => {
      asked.push(`${method} ${url}`)
      const reply = replies[url] ?? netErrors('net.unreachable', `${new URL(url).origin}: connection refused`)
      if (reply instanceof WheelsealError) throw reply
      return responseOf(reply)
    },
  }
}

function responseOf({ status = 200, headers = JSON_TYPE, body = '{}' }: Reply): HttpResponse {
  const bytes = utf8(body)
  return {
    status,
    headers,
    body: (async function* all() {
      yield bytes
    })(),
    bytes: async () => bytes,
    text: async () => body,
  }
}

export const FOLDER: PlaceFacts = {
  kind: 'folder',
  mode: 0o700,
  modifiedMs: (NOW_SECONDS - 3_600) * 1_000,
  isReadable: true,
  isWritable: true,
  isExecutable: true,
  freeBytes: 100 * 2 ** 30,
}

export interface Machine {
  readonly env?: Readonly<Record<string, string>>
  readonly replies?: Replies
  readonly texts?: Readonly<Record<string, string>>
  readonly places?: Readonly<Record<string, PlaceFacts>>
  readonly listed?: Readonly<Record<string, readonly string[]>>
  readonly trust?: TrustRoot
  readonly io?: Partial<DoctorIo>
}

export function ioOf({
  env = {},
  replies = {},
  texts = {},
  places = {},
  listed = {},
  io = {},
}: Machine): DoctorIo {
  const read = async (path: string): Promise<Uint8Array> => utf8(texts[path] ?? '')
  return {
    env,
    http: httpOf(replies),
    clock: { nowMs: () => NOW_SECONDS * 1_000, sleep: () => new Promise(() => undefined) },
    files: {
      read,
      readIfThere: async (path) => (path in texts ? read(path) : undefined),
      exists: async (path) => path in texts,
      stream: () => {
        throw new Error('nothing is streamed')
      },
      writeAtomic: async () => undefined,
      remove: async () => undefined,
    },
    standardInput: () => {
      throw new Error('there is no standard input')
    },
    cacheFolder: '/none',
    spawn: { run: async () => ({ exitCode: 127, signal: null }) },
    runtime: 'Node 24.21.0',
    folder: '/project',
    data: { value: '/data', from: 'default' },
    choices: {
      settings: async () => [],
      trust: async () => ({ trust: { kind: 'public' }, origins: [] }),
      services: async () => ({ services: {}, origins: [] }),
    },
    heads: { newest: async () => undefined, keep: async () => undefined },
    registry: undefined,
    release: undefined,
    inspect: async (path) => places[path],
    list: async (folder) => listed[folder] ?? [],
    gates: async () => [],
    probeSandbox: async () => ({ isAvailable: true }),
    ...io,
  }
}

/** What one check finds there, and nothing else of a diagnosis. */
export function look(check: Check, machine: Machine = {}): Promise<readonly Finding[]> {
  const facts = gatherFacts(ioOf(machine), new AbortController().signal)
  const { trust: trustRoot } = machine
  return check.look(
    trustRoot === undefined ? facts : { ...facts, trust: async () => ({ trustRoot, logUrls: [] }) },
  )
}

/** The same in short: `failed the fact`. */
export async function shortly(check: Check, machine: Machine = {}): Promise<readonly string[]> {
  return (await look(check, machine)).map(({ outcome, fact }) => `${outcome} ${fact}`)
}

/** With these addresses of Fulcio and Rekor. */
export function signingBy(
  fulcioUrl: string,
  rekorUrl: string,
  from = 'WHEELSEAL_FULCIO_URL',
): Partial<DoctorIo> {
  return {
    choices: {
      settings: async () => [],
      trust: async () => ({ trust: { kind: 'public' }, origins: [] }),
      services: async () => ({
        services: { fulcioUrl, rekorUrl },
        origins: [
          { name: 'fulcio-url', value: fulcioUrl, from },
          { name: 'rekor-url', value: rekorUrl, from },
        ],
      }),
    },
  }
}
