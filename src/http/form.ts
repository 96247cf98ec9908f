import { Busboy, type BusboyEvents, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { once } from 'node:events'
import { describeError, type WheelsealError } from '../base/index.ts'
import { streamBody } from './body-stream.ts'
import { httpErrors } from './errors.ts'

export interface FormRules<Taken> {
  /** The field of the one file that counts. Other files are passed over. */
  readonly fileField: string
  /**
   * Takes the file in while it arrives, and caps it. Its bytes end when all of the form was read and is sound, else they
   * throw. Its name may have a path before it.
   */
  readonly take: (name: string, bytes: AsyncIterable<Uint8Array>) => Promise<Taken>
  /** The fields that count. Others are passed over. */
  readonly fields: readonly string[]
  /** Of both kinds, those that are passed over too. */
  readonly maxFields: number
  /** Of everything beside the file. */
  readonly maxRestBytes: number
  /** Of the file, where more is refused by the length that is announced. */
  readonly maxFileBytes?: number
}

export interface Form<Taken> {
  readonly fields: ReadonlyMap<string, string>
  readonly fileName: string
  readonly file: Taken
}

/** A file, a signature, and one more. */
const MAX_FILES = 3

/**
 * A form with a file (`multipart/form-data`), which is taken in as it arrives and is never in memory. Either all of the
 * form was read and is sound, or it throws `http.body-type`, `http.body-shape`, `http.body-too-large` or what `take`
 * threw, after `take` has ended.
 */
export async function readForm<Taken>(
  context: Context<{ Bindings: HttpBindings }>,
  rules: FormRules<Taken>,
): Promise<Form<Taken>> {
  const { maxFileBytes = Infinity, maxRestBytes } = rules
  const reading = startReading(context.req.header('content-type') ?? '', rules)
  try {
    await pump(streamBody(context, maxFileBytes + maxRestBytes), reading)
    const { file, fields, soundness } = reading
    if (file === undefined) throw broken(`it has no file in the field "${rules.fileField}"`)
    soundness.resolve()
    return { fields, fileName: file.name, file: await file.taken }
  } catch (error) {
    await abandon(reading, error)
    throw error
  }
}

interface Reading<Taken> {
  readonly rules: FormRules<Taken>
  readonly parser: BusboyInstance
  readonly fields: Map<string, string>
  file:
    | { readonly name: string; readonly stream: BusboyFileStream; readonly taken: Promise<Taken> }
    | undefined
  /** Resolves where all of the form was read and is sound. */
  readonly soundness: PromiseWithResolvers<void>
  /** Aborted with the first failure, wherever it came from. */
  readonly stop: AbortController
}

function startReading<Taken>(contentType: string, rules: FormRules<Taken>): Reading<Taken> {
  const parser = createParser(contentType, rules.maxFields)
  const [stop, soundness] = [new AbortController(), Promise.withResolvers<void>()]
  soundness.promise.catch(() => undefined)
  const reading: Reading<Taken> = { rules, parser, fields: new Map(), file: undefined, soundness, stop }
  parser.on('error', (error) => stop.abort(broken(describeError(error))))
  for (const limit of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const)
    parser.on(limit, () => stop.abort(broken('it has too many parts')))
  parser.on('field', (...[name, value, , isValueCut]: Parameters<BusboyEvents['field']>) => {
    if (!rules.fields.includes(name)) return
    if (isValueCut) stop.abort(broken(`the field ${name} is too long`))
    else if (reading.fields.has(name)) stop.abort(broken(`the field ${name} appears twice`))
    else reading.fields.set(name, value)
  })
  parser.on('file', (field, stream, name) => {
    // Whoever reads the file hears of its errors; those of a file that is passed over concern nobody.
    stream.on('error', () => undefined)
    if (field === rules.fileField && !stop.signal.aborted) startTaking(reading, stream, name ?? '')
    else stream.resume()
  })
  return reading
}

function startTaking<Taken>(reading: Reading<Taken>, stream: BusboyFileStream, name: string): void {
  const { rules, stop, soundness } = reading
  if (reading.file !== undefined)
    return stop.abort(broken(`it has two files in the field "${rules.fileField}"`))
  const taken = rules.take(name, endingWith(stream, soundness.promise))
  taken.catch((error: unknown) => stop.abort(error))
  reading.file = { name, stream, taken }
}

function createParser(contentType: string, maxFields: number): BusboyInstance {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw notAForm()
  const limits = {
    files: MAX_FILES,
    fields: maxFields,
    parts: maxFields + MAX_FILES,
    fieldSize: 64 * 1024,
    headerPairs: 20,
    headerSize: 16_384,
  }
  try {
    // The path that a client may have put before the name must not vanish: whoever takes the file judges it.
    return new Busboy({ headers: { 'content-type': contentType }, limits, preservePath: true })
  } catch (cause) {
    throw notAForm(cause)
  }
}

/** As fast as the file is taken in, and no further than the first failure. */
async function pump<Taken>(body: AsyncIterable<Uint8Array>, reading: Reading<Taken>): Promise<void> {
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
function checkRest<Taken>(received: number, { file, rules: { maxRestBytes } }: Reading<Taken>): void {
  if (received - (file?.stream.bytesRead ?? 0) > maxRestBytes)
    throw httpErrors('http.body-too-large', `the form has more than ${maxRestBytes} bytes besides its file`)
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

async function* endingWith(bytes: AsyncIterable<Uint8Array>, end: Promise<void>): AsyncGenerator<Uint8Array> {
  yield* bytes
  await end
}

/** Whoever still takes in the file learns that no more comes, or that it was for nothing. */
async function abandon<Taken>({ file, soundness }: Reading<Taken>, error: unknown): Promise<void> {
  file?.stream.destroy(error instanceof Error ? error : undefined)
  soundness.reject(error)
  await file?.taken.catch(() => undefined)
}

function broken(why: string): WheelsealError {
  return httpErrors('http.body-shape', `the form is malformed: ${why}`)
}

function notAForm(cause?: unknown): WheelsealError {
  return httpErrors('http.body-type', 'the content type is not multipart/form-data with a boundary', {
    cause,
  })
}
