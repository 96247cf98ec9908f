/**
 * The part of JSON Schema (2020-12) that the files of `schemas/` use. A keyword that is not known here throws, so that
 * no schema promises what nobody checks.
 */
import { isDeepStrictEqual } from 'node:util'

type Schema = Readonly<Record<string, unknown>>
type Check = (expected: unknown, value: unknown, context: Context) => readonly string[]

interface Context {
  readonly root: Schema
  readonly schema: Schema
  readonly path: string
}

/** What is wrong with the value; empty when it holds. */
export function schemaProblems(root: Schema, value: unknown): readonly string[] {
  return problems(value, { root, schema: root, path: '$' })
}

function problems(value: unknown, context: Context): readonly string[] {
  return Object.entries(context.schema).flatMap(([keyword, expected]) => {
    const check = KEYWORDS[keyword]
    if (check === undefined) throw new Error(`the keyword ${keyword} is not known`)
    return check(expected, value, context)
  })
}

function below(value: unknown, schema: unknown, { root, path }: Context): readonly string[] {
  if (schema === false) return [`${path}: is not allowed`]
  return problems(value, { root, schema: schema as Schema, path })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const unless = (holds: boolean, { path }: Context, what: string): readonly string[] =>
  holds ? [] : [`${path}: ${what}`]
const ignored: Check = () => []

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  null: (value) => value === null,
}

const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: ignored,
  $defs: ignored,
  title: ignored,
  description: ignored,
  $ref: (ref, value, context) => {
    const name = /^#\/\$defs\/(\w+)$/.exec(String(ref))?.[1] ?? ''
    const { [name]: target } = context.root['$defs'] as Record<string, unknown>
    if (target === undefined) throw new Error(`${String(ref)} is nowhere`)
    return below(value, target, context)
  },
  type: (type, value, context) =>
    unless(TYPES[String(type)]?.(value) === true, context, `must be of type ${String(type)}`),
  const: (wanted, value, context) =>
    unless(isDeepStrictEqual(wanted, value), context, `must be ${JSON.stringify(wanted)}`),
  enum: (wanted, value, context) =>
    unless((wanted as unknown[]).includes(value), context, `must be one of ${JSON.stringify(wanted)}`),
  pattern: (source, value, context) =>
    unless(
      typeof value !== 'string' || new RegExp(String(source), 'u').test(value),
      context,
      'has another form',
    ),
  minLength: (least, value, context) =>
    unless(typeof value !== 'string' || value.length >= Number(least), context, 'is too short'),
  maxLength: (most, value, context) =>
    unless(typeof value !== 'string' || value.length <= Number(most), context, 'is too long'),
  minimum: (least, value, context) =>
    unless(typeof value !== 'number' || value >= Number(least), context, 'is too small'),
  minItems: (least, value, context) =>
    unless(!Array.isArray(value) || value.length >= Number(least), context, 'has too few items'),
  maxItems: (most, value, context) =>
    unless(!Array.isArray(value) || value.length <= Number(most), context, 'has too many items'),
  items: (schema, value, context) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => below(item, schema, { ...context, path: `${context.path}[${index}]` }))
      : [],
  required: (names, value, context) =>
    (names as string[]).flatMap((name) =>
      unless(!isObject(value) || name in value, context, `lacks ${name}`),
    ),
  properties: (schemas, value, context) =>
    Object.entries(schemas as Record<string, unknown>).flatMap(([name, schema]) =>
      isObject(value) && name in value
        ? below(value[name], schema, { ...context, path: `${context.path}.${name}` })
        : [],
    ),
  additionalProperties: (allowed, value, context) => {
    if (allowed !== false) throw new Error('additionalProperties is false or absent')
    const known = Object.keys(context.schema['properties'] ?? {})
    const others = isObject(value) ? Object.keys(value).filter((name) => !known.includes(name)) : []
    return unless(others.length === 0, context, `does not know ${others.join(', ')}`)
  },
  dependentRequired: (needs, value, context) =>
    Object.entries(needs as Record<string, string[]>).flatMap(([name, needed]) =>
      unless(
        !isObject(value) || !(name in value) || needed.every((one) => one in value),
        context,
        `${name} needs ${needed.join(', ')}`,
      ),
    ),
  allOf: (schemas, value, context) =>
    (schemas as unknown[]).flatMap((schema) => below(value, schema, context)),
  anyOf: (schemas, value, context) => unless(count(schemas, value, context) > 0, context, 'is none of those'),
  oneOf: (schemas, value, context) =>
    unless(count(schemas, value, context) === 1, context, 'is not exactly one of those'),
}

function count(schemas: unknown, value: unknown, context: Context): number {
  return (schemas as unknown[]).filter((schema) => below(value, schema, context).length === 0).length
}
