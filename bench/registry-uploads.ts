/** Uploads by the form of twine: small ones one after the other, and one of a gibibyte while pages are asked for. */
import { createHash } from 'node:crypto'
import { Agent, request } from 'node:http'
import { distributionOf } from '../src/formats/python/archive/arrange.ts'
import { medianAndRange } from './commands.ts'

interface Prepared {
  readonly contentType: string
  readonly body: Buffer
}

/** Where to, and by whom; a server that asks for nobody ignores the token. */
export interface UploadTarget {
  readonly url: string
  readonly token: string
  /** The status that says it is there. */
  readonly status: number
}

const COUNT = 50
/** For compilers and caches. */
const UNCOUNTED = 20

/** Milliseconds for each of 50 wheels, each a new package; everything is written out before the clock starts. */
export async function timeUploads(target: UploadTarget): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const forms: Prepared[] = []
  for (let at = 0; at < COUNT + UNCOUNTED; at += 1) forms.push(await prepare(`upload_${at}`))
  const times: number[] = []
  try {
    for (const form of forms) {
      const begun = performance.now()
      await send(target, form, agent)
      times.push(performance.now() - begun)
    }
  } finally {
    agent.destroy()
  }
  return times.slice(UNCOUNTED)
}

export function uploadCells(times: readonly number[]): string {
  return medianAndRange(times, (ms) => ms.toFixed(2))
}

/** The fields of twine, with the digests that it sends. */
export function formFields(name: string, sha256: string): Readonly<Record<string, string>> {
  return {
    ':action': 'file_upload',
    protocol_version: '1',
    name: name.replaceAll('_', '-'),
    version: '1.0',
    filetype: 'bdist_wheel',
    pyversion: 'py3',
    metadata_version: '2.1',
    requires_python: '>=3.9',
    sha256_digest: sha256,
  }
}

async function prepare(name: string): Promise<Prepared> {
  const fileName = `${name}-1.0-py3-none-any.whl`
  const bytes = Uint8Array.from(distributionOf(fileName, { content: name, requiresPython: '>=3.9' }))
  const form = new FormData()
  const fields = formFields(name, createHash('sha256').update(bytes).digest('hex'))
  for (const [field, value] of Object.entries(fields)) form.append(field, value)
  form.append('content', new Blob([bytes]), fileName)
  const written = new Response(form)
  const contentType = written.headers.get('content-type') ?? ''
  return { contentType, body: Buffer.from(await written.arrayBuffer()) }
}

function send({ url, token, status }: UploadTarget, form: Prepared, agent: Agent): Promise<void> {
  const headers = {
    'Content-Type': form.contentType,
    'Content-Length': form.body.length,
    Authorization: `Basic ${Buffer.from(`bench:${token}`).toString('base64')}`,
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().once('error', reject)
      answer.once('end', () => {
        if (answer.statusCode === status) resolve()
        else reject(new Error(`${url}: ${answer.statusCode} ${answer.statusMessage}`))
      })
    })
    sent.once('error', reject).end(form.body)
  })
}
