import { Busboy, type BusboyEvents, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { Context } from 'hono'
import { once } from 'node:events'
import { describeError, type StagedBlob, type WheelsealError } from '../base/index.ts'
import type { Bindings } from './authenticate.ts'
import { streamBody } from './body-stream.ts'
import { httpErrors } from './errors.ts'

export interface PypiForm {
  readonly fields: ReadonlyMap<string, string>
  readonly fileName: string
  /** The caller's to use up. */
  readonly content: StagedBlob
}

export interface PypiFormOptions {
  readonly maxFileBytes: number
  readonly stage: (bytes: AsyncIterable<Uint8Array>) => Promise<StagedBlob>
}

/** The fields that count; clients send dozens more, which are passed over. */
const FIELDS: readonly string[] = ['name', 'version', 'sha256_digest', 'requires_python']
/** twine sends each classifier and each requirement as a field of its own, and a signature as a second file. */
const LIMITS = {
  files: 3,
  fields: 2000,
  parts: 2003,
  fieldSize: 64 * 1024,
  headerPairs: 20,
  headerSize: 16_384,
}
/** Of everything beside the file: a description may be long. */
const MAX_REST_BYTES = 32 * 1024 * 1024

/**
 * The upload form of `twine upload`: `multipart/form-data`, its file in the field `content`, streamed into `stage` as it
 * arrives. Either all of the form was read and is sound, or it throws `http.body-type`, `http.body-shape`,
 * `http.body-too-large` or what `stage` threw, and nothing staged is left.
 */
export async function readPypiForm(context: Context<Bindings>, options: PypiFormOptions): Promise<PypiForm> {
  const reading = startReading(context.req.header('content-type') ?? '', options)
  try {
    await pump(streamBody(context, options.maxFileBytes + MAX_REST_BYTES), reading)
    const { file, fields } = reading
    if (file === undefined) throw broken('it has no file in the field "content"')
    return { fields, fileName: file.name, content: await file.staged }
  } catch (error) {
    await abandon(reading, error)
    throw error
  }
}

interface Reading {
  readonly parser: BusboyInstance
  readonly fields: Map<string, string>
  file:
    | { readonly name: string; readonly stream: BusboyFileStream; readonly staged: Promise<StagedBlob> }
    | undefined
  /** Aborted with the first failure, wherever it came from. */
  readonly stop: AbortController
}

function startReading(contentType: string, options: PypiFormOptions): Reading {
  const parser = createParser(contentType)
  const reading: Reading = { parser, fields: new Map(), file: undefined, stop: new AbortController() }
  const fail = (error: unknown): void => reading.stop.abort(error)
  parser.on('error', (error) => fail(broken(describeError(error))))
  for (const limit of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const)
    parser.on(limit, () => fail(broken('it has too many parts')))
  parser.on('field', (...[name, value, , isValueCut]: Parameters<BusboyEvents['field']>) => {
    if (!FIELDS.includes(name)) return
    if (isValueCut) fail(broken(`the field ${name} is too long`))
    else if (reading.fields.has(name)) fail(broken(`the field ${name} appears twice`))
    else reading.fields.set(name, value)
  })
  parser.on('file', (field, stream, name) => {
    // Whoever reads the file hears of its errors; those of a file that is passed over concern nobody.
    stream.on('error', () => undefined)
    if (field !== 'content') stream.resume()
    else if (reading.file !== undefined) fail(broken('it has two files in the field "content"'))
    else {
      const staged = options.stage(stream)
      staged.catch(fail)
      reading.file = { name: name ?? '', stream, staged }
    }
  })
  return reading
}

function createParser(contentType: string): BusboyInstance {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw notAForm()
  try {
    // The path that a client may have put before the name must not vanish: it is refused with the name.
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS, preservePath: true })
  } catch (cause) {
    throw notAForm(cause)
  }
}

/** As fast as the file is taken in, and no further than the first failure. */
async function pump(body: AsyncIterable<Uint8Array>, reading: Reading): Promise<void> {
  const { parser } = reading
  const { signal } = reading.stop
  let received = 0
  for await (const chunk of body) {
    signal.throwIfAborted()
    if (!parser.write(chunk)) await happens(parser, 'drain', signal)
    received += chunk.length
    checkRest(received, reading)
  }
  signal.throwIfAborted()
  const finished = happens(parser, 'finish', signal)
  parser.end()
  await finished
}

/** The parser holds back less than a boundary, which may make the rest seem larger by that. */
function checkRest(received: number, { file }: Reading): void {
  if (received - (file?.stream.bytesRead ?? 0) > MAX_REST_BYTES)
    throw httpErrors('http.body-too-large', `the form has more than ${MAX_REST_BYTES} bytes besides its file`)
}

async function happens(
  parser: BusboyInstance,
  event: 'drain' | 'finish',
  signal: AbortSignal,
): Promise<void> {
  try {
    await once(parser, event, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw broken(describeError(error))
  }
}

/** Whoever still takes in the file learns that no more comes; what was staged is removed. */
async function abandon({ file }: Reading, error: unknown): Promise<void> {
  if (file === undefined) return
  file.stream.destroy(error instanceof Error ? error : undefined)
  const staged = await file.staged.catch(() => undefined)
  await staged?.discard()
}

function broken(why: string): WheelsealError {
  return httpErrors('http.body-shape', `the form is malformed: ${why}`)
}

function notAForm(cause?: unknown): WheelsealError {
  return httpErrors('http.body-type', 'the content type is not multipart/form-data with a boundary', {
    cause,
  })
}
