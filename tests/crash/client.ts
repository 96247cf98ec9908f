import { createHash, randomBytes } from 'node:crypto'

import { Secret, sha256 } from '../../src/base/index.ts'
import { distributionOf } from '../../src/formats/python/archive/arrange.ts'
import type { Admin } from '../../src/server/index.ts'
import { systemClock, systemFiles } from '../../src/host/index.ts'
import { createFulcioClient, createHttp, createRekorClient } from '../../src/net/index.ts'
import { proposalFor, signBlobs } from '../../src/sign/index.ts'
import { exactly, trustRootFromPem, verifySeal } from '../../src/verify/index.ts'

/** Something that the server has acknowledged, and how to see that it is still there, whole. */
export interface Acknowledged {
  readonly what: string
  /** Rejects, or resolves with what is wrong; undefined when all is there. */
  readonly check: () => Promise<string | undefined>
}

export interface Client {
  readonly url: string
  readonly projectId: number
  readonly token: string
  readonly admin: Admin
}

const CONFIG = 'work:\n  script: [echo hello]\n  artifacts:\n    paths: [out]\n'

/** Every kind of write of a run, in the order of a run. Each resolves only once the server has said yes. */
export const writes: readonly ((client: Client) => Promise<Acknowledged>)[] = [
  signAndLog,
  publish,
  keepSignature,
  runJob,
]

const http = createHttp({ env: {}, files: systemFiles })

async function signAndLog(client: Client): Promise<Acknowledged> {
  const { url, admin } = client
  const { token } = await admin.mintIdToken({ project: 'acme/tools', ref: 'main', audience: 'sigstore' })
  const digest = sha256(randomBytes(32))
  const services = { url, http, clock: systemClock }
  const [seal] = await signBlobs({
    blobs: [{ name: 'x', sha256: digest }],
    token: new Secret(token),
    authority: createFulcioClient(services),
    log: createRekorClient(services),
    clock: systemClock,
  })
  const { signature, chain, entry } = seal!
  const proposal = proposalFor({ sha256: digest, signature, certificate: chain[0]! })
  return {
    what: `log entry ${entry.logIndex}`,
    check: async () => {
      const trust = await admin.trust()
      const entries = await createRekorClient(services).find(proposal)
      const verdict = verifySeal({
        artifact: { sha256: digest },
        seal: { signature, certificate: chain[0]!, entries },
        trustRoot: trustRootFromPem({ certificates: trust.fulcio, rekorKey: trust.rekor, ctKey: trust.ctfe }),
        policy: {
          anyOf: [
            {
              san: exactly(`https://${new URL(url).host}/acme/tools//.gitlab-ci.yml@refs/heads/main`),
              issuer: exactly(url),
            },
          ],
        },
      })
      if (!verdict.verified) return verdict.reason
      return verdict.logIndex === entry.logIndex ? undefined : `it has become entry ${verdict.logIndex}`
    },
  }
}

async function publish({ url, projectId, token }: Client): Promise<Acknowledged> {
  const content = randomBytes(150_000)
  const version = `1.${content.readUInt32BE(0)}`
  const fileName = `demo-${version}.tar.gz`
  const bytes = Buffer.from(distributionOf(fileName, { content: content.toString('base64') }))
  const digest = createHash('sha256').update(bytes).digest('hex')
  const form = new FormData()
  const fields = {
    ':action': 'file_upload',
    protocol_version: '1',
    name: 'demo',
    version,
    filetype: 'sdist',
    sha256_digest: digest,
  }
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('content', new Blob([bytes]), fileName)
  const headers = { authorization: `Basic ${Buffer.from(`ada:${token}`).toString('base64')}` }
  await acknowledged(
    fetch(`${url}/api/v4/projects/${projectId}/packages/pypi`, { method: 'POST', headers, body: form }),
    201,
  )
  const file = `${url}/api/v4/projects/${projectId}/packages/pypi/files/${digest}/${fileName}`
  return { what: fileName, check: () => compare(file, headers, bytes) }
}

async function keepSignature({ url, projectId, token }: Client): Promise<Acknowledged> {
  const bytes = randomBytes(96)
  const file = `${url}/api/v4/projects/${projectId}/packages/generic/tools/1.0/${bytes.toString('hex', 0, 8)}.sig`
  const headers = { 'PRIVATE-TOKEN': token }
  await acknowledged(fetch(file, { method: 'PUT', headers, body: bytes }), 201)
  return { what: file, check: () => compare(file, headers, bytes) }
}

/** A runner takes a job, writes its log, keeps artifacts and ends it. */
async function runJob({ url, admin }: Client): Promise<Acknowledged> {
  const runner = await admin.createRunner({ description: 'crash test' })
  await admin.createPipeline({
    project: 'acme/tools',
    user: 'ada',
    commit: {
      repositoryUrl: '/nowhere',
      sha: 'a'.repeat(40),
      ref: 'main',
      title: 't',
      author: 'A <a@example.com>',
      timestamp: '2026-01-01T00:00:00Z',
    },
    config: { path: '.gitlab-ci.yml', text: CONFIG },
    variables: [],
  })
  const asked = { token: runner.token, info: { name: 'crash' } }
  const request = await acknowledged(post(`${url}/api/v4/jobs/request`, asked), 201)
  // Whichever job waits longest: it may be of a pipeline that another writer made, or an earlier life.
  const job = (await request.json()) as { id: number; token: string; job_info: { pipeline_id: number } }
  const pipelineId = job.job_info.pipeline_id
  const headers = { 'JOB-TOKEN': job.token }
  const log = randomBytes(3000).toString('base64')
  const range = { ...headers, 'content-type': 'text/plain', 'content-range': `0-${log.length - 1}` }
  await acknowledged(
    fetch(`${url}/api/v4/jobs/${job.id}/trace`, { method: 'PATCH', headers: range, body: log }),
    202,
  )
  const form = new FormData()
  form.set('file', new Blob([randomBytes(10_000)]), 'artifacts.zip')
  const artifacts = `${url}/api/v4/jobs/${job.id}/artifacts?artifact_format=zip&artifact_type=archive`
  await acknowledged(fetch(artifacts, { method: 'POST', headers, body: form }), 201)
  await acknowledged(put(`${url}/api/v4/jobs/${job.id}`, { token: job.token, state: 'success' }), 200)
  return {
    what: `job ${job.id} of pipeline ${pipelineId}`,
    check: async () => {
      const view = await admin.pipeline(pipelineId)
      const found = view.jobs.find(({ id }) => id === job.id)
      if (found?.state !== 'success') return `it is ${found?.state ?? 'gone'}`
      const after = await fetch(`${url}/api/v4/jobs/${job.id}/artifacts`, { headers })
      return after.status === 200 ? 'its token still lives' : undefined
    },
  }
}

async function compare(
  url: string,
  headers: Record<string, string>,
  bytes: Buffer,
): Promise<string | undefined> {
  const response = await acknowledged(fetch(url, { headers }), 200)
  return Buffer.from(await response.arrayBuffer()).equals(bytes) ? undefined : 'it has other bytes'
}

async function acknowledged(answer: Promise<Response>, status: number): Promise<Response> {
  const response = await answer
  if (response.status === status) return response
  throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`)
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

function put(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}
