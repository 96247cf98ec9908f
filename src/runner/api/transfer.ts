import type { HttpRequest, HttpResponse } from '../../base/index.ts'
import { runnerErrors } from '../errors.ts'
import { multipartFile } from './multipart.ts'
import { reason, type JobAddress, type Wire } from './wire.ts'

const MAX_ANSWER_BYTES = 64 << 10
const TRANSFER_TIMEOUT_MS = 15 * 60_000
const MAX_REDIRECTS = 3

export interface ArtifactUpload {
  readonly fileName: string
  readonly format: string
  readonly type: string
  readonly expireIn: string | undefined
  readonly size: number
  /** Called once for each attempt. */
  open(): AsyncIterable<Uint8Array>
}

export interface Upload {
  readonly job: JobAddress
  readonly upload: ArtifactUpload
  readonly signal: AbortSignal
}

export async function uploadArtifacts(wire: Wire, { job, upload, signal }: Upload): Promise<void> {
  const query = new URLSearchParams({ artifact_format: upload.format, artifact_type: upload.type })
  if (upload.expireIn !== undefined) query.set('expire_in', upload.expireIn)
  const url = `${wire.root}/jobs/${job.id}/artifacts?${query.toString()}`
  const response = await follow(wire, url, (hop) => {
    const form = multipartFile(upload, wire.entropy)
    const headers = wire.headers({ ...form.headers, ...tokenFor(hop, wire.root, job) })
    return { method: 'POST', url: hop, headers, body: form.body(), signal, timeoutMs: TRANSFER_TIMEOUT_MS }
  })
  checkUpload(response.status, await response.text(MAX_ANSWER_BYTES))
}

export function downloadArtifacts(wire: Wire, job: JobAddress, signal: AbortSignal): Promise<HttpResponse> {
  const url = `${wire.root}/jobs/${job.id}/artifacts?direct_download=true`
  return follow(wire, url, (hop) => {
    const headers = wire.headers({ ...tokenFor(hop, wire.root, job), accept: '*/*' })
    return { method: 'GET', url: hop, headers, signal, timeoutMs: TRANSFER_TIMEOUT_MS }
  })
}

/** Goes where the server sends: artifacts may live in a storage of their own. */
async function follow(wire: Wire, first: string, make: (url: string) => HttpRequest): Promise<HttpResponse> {
  let url = first
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const here = url
    const response = await wire.send(() => make(here))
    const next = redirect(response, url)
    if (next === undefined) return response
    await response.bytes(MAX_ANSWER_BYTES)
    url = next
  }
  throw runnerErrors('runner.artifacts', `the server redirected more than ${MAX_REDIRECTS} times`)
}

function redirect({ status, headers }: HttpResponse, from: string): string | undefined {
  const location = headers['location']
  if (![302, 303, 307, 308].includes(status) || location === undefined) return undefined
  const target = URL.parse(location, from)
  if (target === null || !['http:', 'https:'].includes(target.protocol)) {
    throw runnerErrors('runner.artifacts', 'the server redirected to an address that is not HTTP')
  }
  return target.href
}

/** The job token goes to its own server only, never to the storage that a redirect names. */
function tokenFor(url: string, root: string, job: JobAddress): Record<string, string> {
  return new URL(url).origin === new URL(root).origin ? { 'job-token': job.token } : {}
}

function checkUpload(status: number, text: string): void {
  if (status === 201 || status === 200) return
  throw runnerErrors('runner.artifacts', `uploading the archive failed: HTTP ${status}${reason(text)}`)
}
