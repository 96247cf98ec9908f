import type { Context } from 'hono'
import * as v from 'valibot'
import { parseJson, readCapped, utf8Decode, WheelsealError, type JsonValue } from '../base/index.ts'
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
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw httpErrors('http.body-type', `the content type is ${type ?? 'missing'}`)
  const bytes = await readBody(context, maxBytes)
  return parseJson(decodeText(bytes), { maxLength: maxBytes })
}

/** A JSON body of the schema's shape. Throws `http.body-shape`, naming the first member that is wrong. */
export async function readBodyAs<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
  maxBytes: number,
): Promise<v.InferOutput<Schema>> {
  const result = v.safeParse(schema, await readJsonBody(context, maxBytes))
  if (result.success) return result.output
  const [issue] = result.issues
  const where = v.getDotPath(issue) ?? 'the body'
  throw httpErrors('http.body-shape', `${where} is not ${issue.expected ?? 'as it should be'}`)
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (cause) {
    throw httpErrors('http.body-shape', 'the body is not UTF-8', { cause })
  }
}

function tooLarge(maxBytes: number): WheelsealError {
  return httpErrors('http.body-too-large', `the body is larger than ${maxBytes} bytes`)
}
