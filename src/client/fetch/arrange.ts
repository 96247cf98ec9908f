/** For tests only: an index on loopback that says what it likes, with a release whose files are sealed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeHex, Secret, sha256, sha256Hex, utf8, type Files, type Http } from '../../base/index.ts'
import { systemClock, systemFiles } from '../../host/index.ts'
import { createHttp } from '../../net/index.ts'
import { parseRequirement } from '../../packaging/index.ts'
import { envelopeBundle, fileBundle, statement, type Json } from '../../verify/attacks/arrange.ts'
import { ioWith, LOG_URL, plan as verifyPlan, sealedFiles, WHEEL as WHEEL_PATH } from '../verify/arrange.ts'
import type { VerifyPlan } from '../verify/index.ts'
import { fetchFiles, placeOf, type FetchIo, type FetchPlan, type FetchReport } from './index.ts'

export const WHEEL = 'demo-1.0-py3-none-any.whl'
export const SDIST = 'demo-1.0.tar.gz'
export const TOKEN = 'Basic dG9rZW4='
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
export const PAGE = '/api/v4/projects/acme%2Fdemo/packages/pypi/simple/demo/'
const GENERIC = '/api/v4/projects/acme%2Fdemo/packages/generic/demo/1.0'

export const BYTES: Readonly<Record<string, Uint8Array>> = {
  [WHEEL]: utf8('the bytes of a wheel'),
  [SDIST]: utf8('the bytes of an sdist'),
}

/** What it answers to a path; where it has nothing, 404. */
export type Answers = Map<string, Uint8Array | RequestListener>

export const generic = (name: string): string => `${GENERIC}/${encodeURIComponent(name)}`
export const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value))

export function entry(name: string, more: object = {}): Record<string, unknown> {
  const sha = sha256Hex(BYTES[name] ?? utf8(name))
  return { filename: name, url: `/files/${name}`, hashes: { sha256: sha }, ...more }
}

export function page(files: readonly unknown[], more: object = {}): RequestListener {
  const body = json({ meta: { 'api-version': '1.1' }, name: 'demo', files, ...more })
  return (_request, response) => {
    response.writeHead(200, { 'content-type': JSON_TYPE }).end(body)
  }
}

/** Both files, each with a bundle; the page has them in this order. */
export function honest(): Answers {
  return new Map<string, Uint8Array | RequestListener>([
    [PAGE, page([entry(WHEEL), entry(SDIST)])],
    [`/files/${WHEEL}`, BYTES[WHEEL] ?? utf8('')],
    [`/files/${SDIST}`, BYTES[SDIST] ?? utf8('')],
    [generic(`${WHEEL}.sigstore.json`), json(fileBundle())],
    [generic(`${SDIST}.sigstore.json`), json(bundleOf(SDIST))],
  ])
}

/** A bundle with an attestation about one file. */
export function bundleOf(name: string): Json {
  const digest = { sha256: encodeHex(sha256(BYTES[name] ?? utf8(name))) }
  return envelopeBundle(statement({ subject: [{ name, digest }] }))
}

/** As cosign 2 leaves it: signature and certificate, whose entry the log has. */
export function pairOf(name: string): Answers {
  const [signature, certificate] = ['.sig', '.crt'].map((ending) =>
    sealedFiles().get(`${WHEEL_PATH}${ending}`),
  )
  return new Map([
    [generic(`${name}.sig`), signature ?? utf8('')],
    [generic(`${name}.crt`), certificate ?? utf8('')],
  ])
}

export interface Index {
  readonly url: string
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[]
  readonly close: () => void
}

async function serveIndex(answers: Answers): Promise<Index> {
  const asked: Index['asked'] = []
  const server = createServer((request, response) => {
    const { url: path = '', headers } = request
    asked.push({ path, authorization: headers.authorization })
    const answer = answers.get(path)
    if (answer === undefined) response.writeHead(404).end('{}')
    else if (typeof answer === 'function') answer(request, response)
    else response.end(answer)
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}

export function planFor(url: string, out: string, changes: Partial<VerifyPlan> = {}): FetchPlan {
  return {
    requirements: [parseRequirement('demo==1.0')],
    place: placeOf({ api: `${url}/api/v4`, project: 'acme/demo' }),
    login: { authorization: new Secret(TOKEN), from: 'a test' },
    out,
    verify: { ...verifyPlan, targets: [], ...changes },
  }
}

const network = createHttp({ env: {}, files: systemFiles })
const memory = ioWith(sealedFiles())

/** The trust root is in memory, and so is the log; the index is asked over the network. */
export function fetchIo(signal = new AbortController().signal): FetchIo {
  const http: Http = {
    request: (request) => (request.url.startsWith(LOG_URL) ? memory.http : network).request(request),
  }
  const read: Files['read'] = (path, maxBytes) => memory.files.read(path, maxBytes)
  const files = { ...systemFiles, read }
  return { ...memory, http, files, clock: systemClock, signal }
}

export interface FetchBench {
  readonly folder: string
  /** Is not there yet. */
  readonly out: string
  index(answers: Answers): Promise<Index>
  fetched(answers: Answers, changes?: Partial<VerifyPlan>): Promise<FetchReport>
  close(): Promise<void>
}

export async function openFetchBench(): Promise<FetchBench> {
  const folder = await mkdtemp(join(tmpdir(), 'wheelseal-fetch-'))
  const out = join(folder, 'out')
  const open: Index[] = []
  const index = async (answers: Answers): Promise<Index> => {
    const one = await serveIndex(answers)
    open.push(one)
    return one
  }
  return {
    folder,
    out,
    index,
    fetched: async (answers, changes = {}) =>
      fetchFiles(planFor((await index(answers)).url, out, changes), fetchIo()),
    close: async () => {
      for (const one of open) one.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const withAnswers = (more: Answers): Answers => new Map([...honest(), ...more])

export function without(...paths: readonly string[]): Answers {
  const answers = honest()
  for (const path of paths) answers.delete(path)
  return answers
}

/** An answer of its own. */
export function answering(
  status: number,
  headers: Readonly<Record<string, string>>,
  body = '',
): RequestListener {
  return (_request, response) => {
    response.writeHead(status, headers).end(body)
  }
}
