import type { Context } from 'hono'
import * as v from 'valibot'
import {
  decodeBase64,
  describeError,
  parseJson,
  readCapped,
  utf8Decode,
  WheelsealError,
  type JsonValue,
} from '../base/index.ts'
import { httpErrors } from './errors.ts'

/** The whole body of a small request. Throws `http.body-too-large`, before reading where the length is announced. */
export async function readBody(context: Context, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(context.req.header('content-length') ?? 0)
  if (announced > maxBytes) throw tooLarge(maxBytes)
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
  return parseJson(textOf(bytes, 'the body'), { maxLength: maxBytes })
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
  const result = v.safeParse(schema, json)
  if (result.success) return result.output
  const [issue] = result.issues
  const where = v.getDotPath(issue) ?? 'the body'
  throw httpErrors('http.body-shape', `${where} is not ${issue.expected ?? 'as it should be'}`)
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
    throw httpErrors('http.body-shape', `${name} is not UTF-8`, { cause })
  }
}

function tooLarge(maxBytes: number): WheelsealError {
  return httpErrors('http.body-too-large', `the body is larger than ${maxBytes} bytes`)
}
