import * as v from 'valibot'
import { decodeBase64, decodeHex, describeError } from '../../base/index.ts'

/** Bytes in standard base64, not empty, at most `maxLength` characters of it. */
export function base64Bytes(maxLength: number): v.GenericSchema<unknown, Uint8Array> {
  return decoded(maxLength, decodeBase64)
}

/** Bytes in lower-case hex, exactly `length` of them. */
export function hexBytes(length: number): v.GenericSchema<unknown, Uint8Array> {
  return v.pipe(
    decoded(2 * length, decodeHex),
    v.check((bytes) => bytes.length === length, `must be ${length} bytes in hex`),
  )
}

/** A count, an index or a time that JSON can carry exactly. */
export const COUNT = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Valibot takes a list for an object of which no member must be there. */
export const NO_LIST = v.check<unknown, string>((value) => !Array.isArray(value), 'must be an object')

function decoded(
  maxLength: number,
  decode: (text: string) => Uint8Array,
): v.GenericSchema<unknown, Uint8Array> {
  return v.pipe(
    v.string(),
    v.nonEmpty(),
    v.maxLength(maxLength, `must be at most ${maxLength} characters long`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return decode(dataset.value)
      } catch (error) {
        addIssue({ message: describeError(error) })
        return NEVER
      }
    }),
  )
}

/** The value in its shape, or the path and the complaint of the first problem. */
export function readShape<T>(
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
): { readonly value: T } | { readonly problem: string } {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return { value: result.output }
  const [issue] = result.issues
  return { problem: `${v.getDotPath(issue)?.slice(0, 200) ?? 'the value'}: ${complaint(issue)}` }
}

function complaint({ type, expected, received, message }: v.BaseIssue<unknown>): string {
  if (type.endsWith('object') && expected === 'never') return 'is not a known member'
  if (type.endsWith('object') && received === 'undefined') return 'is missing'
  return message.slice(0, 200)
}
