import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
import * as v from 'valibot'
import {
  decodeBase64,
  describeError,
  GrowingBytes,
  isUtf16,
  parseJson,
  readCapped,
  utf8Decode,
  WheelsealError,
  type JsonValue,
} from '../base/index.ts'
import { Allowance } from './allowance.ts'
import { httpErrors } from './errors.ts'

const DISCARD_MS = 2000
/** No request has a hundred. Each costs more than its bytes say, and nobody else is answered while they are read. */
const MAX_JSON_VALUES = 10_000

/** The whole body of a small request. Throws `http.body-too-large`, before reading where the length is announced. */
export async function readBody(context: Context, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(context.req.header('content-length') ?? 0)
  const { incoming } = (context.env ?? {}) as Partial<HttpBindings>
  if (announced > maxBytes) {
    if (incoming?.headers.connection?.toLowerCase() === 'close') await discard(incoming)
    throw tooLarge(maxBytes, announced)
  }
  return incoming === undefined ? readWeb(context, maxBytes) : readIncoming(incoming, maxBytes)
}

/**
 * Takes the rest and keeps none of it, for as long as that may take: where a connection is closed over bytes that nobody
 * read, the system resets it, and the answer is lost with it.
 */
async function discard(incoming: IncomingMessage): Promise<void> {
  const signal = AbortSignal.timeout(DISCARD_MS)
  await finished(incoming.resume(), { signal, writable: false }).catch(() => undefined)
}

/** What all bodies that are read whole and have not ended yet may hold; clients may take minutes to send them. */
const held = new Allowance(128 * 1024 * 1024)

/** Node's own stream: the one that the request offers instead costs more than the rest of a small request. */
function readIncoming(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const whole = new GrowingBytes()
  /** Reads no further; the connection stays usable for the answer. */
  const stop = (error: WheelsealError): void => {
    incoming.off('data', add).pause()
    reject(error)
  }
  const holder = {
    get heldBytes() {
      return whole.capacity
    },
    cut: () => stop(tooSlow()),
  }
  const add = (part: Uint8Array): void => {
    if (whole.length + part.length > maxBytes) return stop(tooLarge(maxBytes))
    const before = whole.capacity
    whole.add(part)
    if (whole.capacity > before) held.enforce()
  }
  held.add(holder)
  incoming
    .on('data', add)
    .once('end', () => resolve(whole.bytes()))
    .once('error', (cause) => reject(cutOff(cause)))
    .once('close', () => {
      // Comes after every end, too, and an error is dear to make.
      if (!incoming.readableEnded) reject(cutOff())
    })
  return promise.finally(() => held.delete(holder))
}

/** A request that came through no server: commands call the administration's routes in their own process. */
async function readWeb(context: Context, maxBytes: number): Promise<Uint8Array> {
  const { body } = context.req.raw
  if (body === null) return new Uint8Array()
  try {
    return await readCapped(body, maxBytes)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'base.too-large') throw tooLarge(maxBytes)
    throw error
  }
}

/** A JSON body. Throws `http.body-type` for another content type, `base.json` for what is not JSON. */
export async function readJsonBody(context: Context, maxBytes: number): Promise<JsonValue> {
  const type = mediaType(context)
  if (type !== 'application/json')
    throw httpErrors('http.body-type', `the content type is ${type ?? 'missing'}`)
  const bytes = await readBody(context, maxBytes)
  return parseJson(textOf(bytes, 'the body'), { maxLength: maxBytes, maxValues: MAX_JSON_VALUES })
}

/** Of the content type, without its parameters. */
export function mediaType(context: Context): string | undefined {
  return context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
}

/** A JSON body of the schema's shape. Throws `http.body-shape`, naming the first member that is wrong. */
export async function readBodyAs<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
  maxBytes: number,
): Promise<v.InferOutput<Schema>> {
  return checkShape(schema, await readJsonBody(context, maxBytes))
}

/** Throws `http.body-shape`, naming the first member that is wrong. */
export function checkShape<Schema extends v.GenericSchema>(
  schema: Schema,
  json: JsonValue,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, json, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const where = v.getDotPath(issue) ?? 'the body'
  throw httpErrors('http.body-shape', `${where} ${wrongIn(issue)}`)
}

/** Of a missing and of an unknown member valibot says `"name"` and `never`. */
function wrongIn({ expected, received }: Pick<v.BaseIssue<unknown>, 'expected' | 'received'>): string {
  if (received === 'undefined') return 'is missing'
  if (expected === 'never') return 'is not a known field'
  return `must be ${expected ?? 'valid'}`
}

/** Base64 of one spelling. Throws `http.body-shape`, naming the member. */
export function bytesOf(json: JsonValue | undefined, name: string): Uint8Array {
  if (typeof json !== 'string') throw httpErrors('http.body-shape', `${name} is not a string`)
  try {
    return decodeBase64(json)
  } catch (cause) {
    throw httpErrors('http.body-shape', `${name}: ${describeError(cause)}`, { cause })
  }
}

/** UTF-8. Throws `http.body-shape`, naming the member. */
export function textOf(bytes: Uint8Array, name: string): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    const fact = isUtf16(bytes) ? `${name}: ${describeError(cause)}` : `${name} is not UTF-8`
    throw httpErrors('http.body-shape', fact, { cause })
  }
}

function cutOff(cause?: unknown): WheelsealError {
  return httpErrors('http.body-shape', 'the connection closed before the end of the body', { cause })
}

function tooSlow(): WheelsealError {
  return httpErrors('http.body-slow', 'the body arrived too slowly while other requests needed its memory')
}

export function tooLarge(maxBytes: number, announced?: number): WheelsealError {
  const fact =
    announced === undefined
      ? `is larger than ${maxBytes} bytes`
      : `has ${announced} bytes; the limit is ${maxBytes}`
  return httpErrors('http.body-too-large', `the body ${fact}`)
}
