import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { win32 } from 'node:path'
import { checkArtifactsKind, type JobClaim, type Pipelines } from '../pipelines/index.ts'
import { sent } from './file-response.ts'
import { readForm } from './form.ts'

interface Parts {
  readonly pipelines: Pipelines
  readonly claim: JobClaim
}

/** Runners send the file and nothing else. */
const REST = { fields: [], maxFields: 20, maxRestBytes: 1 << 20 } as const

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
  await readForm(context, {
    fileField: 'file',
    // Of both kinds of slashes, whatever the runner runs on.
    take: (name, bytes) => pipelines.putArtifacts(claim, { ...kind, filename: win32.basename(name), bytes }),
    ...REST,
  })
  return context.json({ message: '201 Created' }, 201)
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
