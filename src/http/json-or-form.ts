import type { Context } from 'hono'
import * as v from 'valibot'
import { readBody, readBodyAs, mediaType } from './body.ts'
import { httpErrors } from './errors.ts'

/**
 * JSON, or a form as curl and older clients send it; a body that is not there is an empty one. Throws `http.body-shape`
 * and what `readBodyAs` throws.
 */
export async function readJsonOrForm<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
  maxBytes: number,
): Promise<v.InferOutput<Schema>> {
  const type = mediaType(context)
  if (type !== undefined && type !== 'application/x-www-form-urlencoded')
    return readBodyAs(context, schema, maxBytes)
  const form = new URLSearchParams(new TextDecoder().decode(await readBody(context, maxBytes)))
  const fields = Object.fromEntries(form)
  const result = v.safeParse(schema, fields)
  if (result.success) return result.output
  throw httpErrors('http.body-shape', `${v.getDotPath(result.issues[0]) ?? 'the form'} is not valid`)
}
