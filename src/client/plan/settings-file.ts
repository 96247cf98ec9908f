import { parseJson, utf8Decode, type Files, type JsonValue } from '../../base/index.ts'
import type { KnownVariables, Variable } from '../../ciconfig/index.ts'
import { clientErrors } from '../errors.ts'

const MAX_BYTES = 1 << 20
const PARTS = ['instance', 'groups', 'project'] as const
const FLAGS = {
  masked: 'isMasked',
  protected: 'isProtected',
  raw: 'isRaw',
  file: 'isFile',
} as const

type Settings = Pick<KnownVariables, 'instance' | 'groups' | 'project'>

/**
 * What people have set on GitLab beside the file: `{"project": {"NAME": "value" or {"value", "masked", "protected",
 * "raw", "file", "environment_scope"}}, "groups": …, "instance": …}`. Throws `client.variables-file`.
 */
export async function readSettings(path: string, files: Files): Promise<Settings> {
  const document = parsed(path, utf8Decode(await files.read(path, MAX_BYTES)))
  const unknown = Object.keys(document).find((key) => !(PARTS as readonly string[]).includes(key))
  if (unknown !== undefined) throw wrong(path, `${unknown} is not one of ${PARTS.join(', ')}`)
  const [instance, groups, project] = PARTS.map((part) => variablesOf(document[part], { path, part }))
  return { instance: instance ?? [], groups: groups ?? [], project: project ?? [] }
}

function parsed(path: string, text: string): Readonly<Record<string, JsonValue>> {
  let value: JsonValue
  try {
    value = parseJson(text)
  } catch {
    throw wrong(path, 'the file is not JSON')
  }
  return object(value) ?? fail(path, 'the file must be an object')
}

function variablesOf(
  value: JsonValue | undefined,
  { path, part }: { readonly path: string; readonly part: string },
): readonly Variable[] {
  if (value === undefined) return []
  const entries = Object.entries(object(value) ?? fail(path, `${part} must be an object`))
  return entries.map(([key, one]) => {
    if (!/^[a-zA-Z_]\w*$/.test(key)) throw wrong(path, `${part}: ${key} is not the name of a variable`)
    if (typeof one === 'string') return { key, value: one }
    return fullVariable(key, {
      written: object(one) ?? fail(path, `${part}.${key} must be a text or an object`),
      path,
    })
  })
}

function fullVariable(
  key: string,
  { written, path }: { readonly written: Readonly<Record<string, JsonValue>>; readonly path: string },
): Variable {
  const { value, environment_scope: scope, ...flags } = written
  if (typeof value !== 'string') throw wrong(path, `${key} needs a value, which is a text`)
  if (scope !== undefined && typeof scope !== 'string')
    throw wrong(path, `${key}: environment_scope must be a text`)
  const wrongFlag = Object.entries(flags).find(
    ([name, flag]) => !Object.hasOwn(FLAGS, name) || typeof flag !== 'boolean',
  )
  if (wrongFlag !== undefined)
    throw wrong(path, `${key}: ${wrongFlag[0]} is not one of ${Object.keys(FLAGS).join(', ')}, true or false`)
  const named = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [FLAGS[name as keyof typeof FLAGS], flag]),
  )
  return { key, value, ...named, ...(scope === undefined ? {} : { environmentScope: scope }) }
}

function object(value: JsonValue): Readonly<Record<string, JsonValue>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Readonly<Record<string, JsonValue>>) : undefined
}

function fail(path: string, what: string): never {
  throw wrong(path, what)
}

function wrong(path: string, what: string) {
  return clientErrors('client.variables-file', `${path}: ${what}`)
}
