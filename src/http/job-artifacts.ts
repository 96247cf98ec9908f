import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { describeError, type WheelsealError } from '../base/index.ts'
import { checkArtifactsKind, type JobClaim, type Pipelines } from '../pipelines/index.ts'
import { httpErrors } from './errors.ts'
import { sent } from './file-response.ts'

interface Parts {
  readonly pipelines: Pipelines
  readonly claim: JobClaim
}

const LIMITS = { files: 1, fields: 20, fieldSize: 64 << 10, parts: 21, headerPairs: 20 } as const

/** The upload of a job's archive: multipart field `file`, streamed. What is known to be wrong is said before a byte is read. */
export async function receiveArtifacts(
  context: Context<{ Bindings: HttpBindings }>,
  { pipelines, claim }: Parts,
): Promise<Response> {
  const kind = {
    type: context.req.query('artifact_type') ?? 'archive',
    format: context.req.query('artifact_format') ?? 'zip',
  }
  checkArtifactsKind(kind)
  await pipelines.checkClaim(claim)
  await readFormFile(context.env.incoming, (filename, bytes) =>
    pipelines.putArtifacts(claim, { ...kind, filename, bytes }),
  )
  return context.json({ message: '201 Created' }, 201)
}

type UseFile = (filename: string, bytes: AsyncIterable<Uint8Array>) => Promise<void>

/** Hands the field `file` to `use` while it arrives. Ends when both are done, or as soon as either fails. */
async function readFormFile(incoming: IncomingMessage, use: UseFile): Promise<void> {
  const parser = createParser(incoming)
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  let file: BusboyFileStream | undefined
  let used: Promise<void> | undefined
  parser.on('file', (field, stream, filename) => {
    if (field !== 'file' || file !== undefined) {
      stream.resume()
      return
    }
    file = stream
    // Whoever reads it hears of an error; one that comes after the last byte concerns nobody.
    stream.on('error', () => undefined)
    used = use(filename, fileBytes(stream))
    used.catch(failure.reject)
  })
  try {
    await Promise.race([pipeline(incoming, parser).catch(brokenForm), failure.promise])
    if (used === undefined) throw httpErrors('http.body-shape', 'the form has no file in the field "file"')
    await used
  } finally {
    // A client that went away: whoever still reads the file must learn that no more comes.
    file?.destroy(new Error('the form has ended'))
    await used?.catch(() => undefined)
  }
}

async function* fileBytes(stream: BusboyFileStream): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (cause) {
    brokenForm(cause)
  }
}

function brokenForm(cause: unknown): never {
  throw httpErrors('http.body-shape', `the form is malformed: ${describeError(cause)}`, { cause })
}

function createParser(incoming: IncomingMessage): BusboyInstance {
  const type = incoming.headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*;/i.test(type)) throw notAForm()
  try {
    return new Busboy({ headers: { ...incoming.headers, 'content-type': type }, limits: LIMITS })
  } catch (cause) {
    throw notAForm(cause)
  }
}

function notAForm(cause?: unknown): WheelsealError {
  return httpErrors('http.body-type', 'the content type is not multipart/form-data with a boundary', {
    cause,
  })
}

interface Wanted {
  readonly pipelines: Pick<Pipelines, 'openArtifacts'>
  readonly claim: JobClaim
}

export async function sendArtifacts({ pipelines, claim }: Wanted): Promise<Response> {
  const { filename, blob } = await pipelines.openArtifacts(claim)
  return new Response(ReadableStream.from(sent(blob)), {
    headers: {
      'Content-Type': 'application/zip',
      'Content-Length': String(blob.size),
      'Content-Disposition': `attachment; filename="${filename}"`,
    },
  })
}
