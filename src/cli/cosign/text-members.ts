import { parseJson, utf8Decode } from '../../base/index.ts'

const MAX_DEPTH = 4

/** The members of a JSON object that are texts and not empty. Throws what is wrong with the JSON. */
export function textMembers(bytes: Uint8Array, maxBytes: number): ReadonlyMap<string, string> {
  const json = parseJson(utf8Decode(bytes), { maxLength: maxBytes, maxDepth: MAX_DEPTH })
  if (json === null || typeof json !== 'object') throw new Error('not a JSON object')
  const texts = Object.entries(json).flatMap(([name, value]) =>
    typeof value === 'string' && value !== '' ? [[name, value] as const] : [],
  )
  return new Map(texts)
}
