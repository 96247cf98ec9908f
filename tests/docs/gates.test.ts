import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Gates } from '../../src/server/gate/configuration.ts'
import { root } from '../support/program.ts'

const page = readFileSync(join(root, 'docs', 'reference', 'configuration.md'), 'utf8')

interface Schema {
  readonly type: string
  readonly default?: unknown
  readonly entries?: Readonly<Record<string, Schema>>
  readonly item?: Schema
  readonly wrapped?: Schema
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[]
  readonly options?: readonly string[]
}

interface Key {
  readonly path: string
  readonly schema: Schema
}

/** `gates.upstreams.url` and all others, in their order. */
const keys = [...keysOf(Gates, 'gates')]

function* keysOf(schema: Schema, above: string): Generator<Key> {
  for (const [key, one] of Object.entries(schema.item?.entries ?? {})) {
    const path = `${above}.${key}`
    yield { path, schema: one }
    yield* keysOf(one, path)
  }
}

const rows = new Map(
  [...page.matchAll(/^\| `(gates[.\w]*)` \| (.*?) \| (.*) \|$/gm)].map(
    ([, key = '', standard = '', meaning = '']) => [key, { standard, meaning }],
  ),
)

/** The largest number of elements of a list. */
function maxLengthOf({ type, wrapped, pipe = [] }: Schema): number | undefined {
  if (wrapped !== undefined) return maxLengthOf(wrapped)
  if (type !== 'array') return undefined
  const limit = pipe.find((step) => step.type === 'max_length')?.requirement
  return typeof limit === 'number' ? limit : undefined
}

/** As the cell of the page says it; undefined for a default that is told in words. */
function standardOf({ type, default: value }: Schema): string | undefined {
  if (type !== 'optional') return 'must be given'
  return typeof value === 'string' ? `\`${value}\`` : undefined
}

describe('[[gates]] in docs/reference/configuration.md', () => {
  it('has every key in its order, and no other', () => {
    expect(keys.length).toBeGreaterThan(15)
    expect([...rows.keys()]).toEqual(['gates', ...keys.map(({ path }) => path)])
  })

  it('tells each default, and what must be given', () => {
    const told = keys.flatMap(({ path, schema }) => {
      const standard = standardOf(schema)
      return standard === undefined ? [] : [[path, standard]]
    })
    expect(told.length).toBeGreaterThan(8)
    expect(told.map(([path = '']) => [path, rows.get(path)?.standard])).toEqual(told)
    const inWords = keys.filter(({ schema }) => standardOf(schema) === undefined)
    expect(
      inWords.filter(({ path }) => /^(?:`.*`|must be given)$/.test(rows.get(path)?.standard ?? '')),
    ).toEqual([])
  })

  it('tells how long each list may be', () => {
    const lists = [{ path: 'gates', schema: Gates as Schema }, ...keys]
    const limits = lists.flatMap(({ path, schema }) => {
      const limit = maxLengthOf(schema)
      return limit === undefined ? [] : [{ path, limit }]
    })
    expect(limits.length).toBeGreaterThan(3)
    expect(limits.filter(({ path, limit }) => !rows.get(path)?.meaning.includes(`at most ${limit}`))).toEqual(
      [],
    )
  })

  it('tells every value of a choice', () => {
    const choices = keys.flatMap(({ path, schema }) =>
      ((schema.wrapped ?? schema).options ?? []).map((value) => ({ path, value })),
    )
    expect(choices.length).toBeGreaterThan(8)
    expect(choices.filter(({ path, value }) => !rows.get(path)?.meaning.includes(`\`${value}\``))).toEqual([])
  })
})
