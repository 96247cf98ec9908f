import * as v from 'valibot'

const text = v.pipe(v.string(), v.maxLength(4096))
const repository = v.nullable(v.strictObject({ project: text, ref: text }))
const absent = v.strictObject({ kind: v.literal('absent'), reason: v.exactOptional(v.string()) })
const paths = v.strictObject({ kind: v.literal('paths'), paths: v.array(v.string()) })

const address = v.variant('kind', [
  v.strictObject({ kind: v.literal('file'), repository, path: v.string() }),
  v.strictObject({ kind: v.literal('component'), address: v.string() }),
  v.strictObject({ kind: v.literal('template'), name: v.string() }),
  v.strictObject({ kind: v.literal('remote'), url: v.string(), integrity: v.nullable(v.string()) }),
])

const found = v.strictObject({
  kind: v.literal('text'),
  text: v.string(),
  place: v.exactOptional(v.strictObject({ repository, path: v.string() })),
  component: v.exactOptional(v.strictObject({ name: text, sha: text, version: text, reference: text })),
})

const changes = v.variant('kind', [
  paths,
  v.strictObject({ kind: v.literal('all') }),
  v.strictObject({ kind: v.literal('no-ref') }),
])

/** All that a plan has read, as whoever has the repository hands it in (`SourceRecord` of `ciconfig/`). */
export const planSources = v.strictObject({
  texts: v.pipe(
    v.array(v.strictObject({ address, answer: v.variant('kind', [found, absent]) })),
    v.maxLength(1000),
  ),
  paths: v.pipe(
    v.array(
      v.strictObject({
        repository,
        answer: v.variant('kind', [paths, v.strictObject({ kind: v.literal('absent'), reason: v.string() })]),
      }),
    ),
    v.maxLength(1000),
  ),
  changes: v.pipe(
    v.array(v.strictObject({ compareTo: v.nullable(v.string()), answer: changes })),
    v.maxLength(1000),
  ),
})
