import * as v from 'valibot'

const path = v.pipe(v.string(), v.regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0]+$/))
const Stored = v.object({
  runs: v.array(
    v.object({
      files: v.array(
        v.object({
          path,
          before: v.nullable(v.object({ base64: v.string(), mode: v.number() })),
          afterSha256: v.string(),
        }),
      ),
      folders: v.array(path),
    }),
  ),
})

export type StoredRun = v.InferOutput<typeof Stored>['runs'][number]

/** Throws for what is not written by this program: paths lead nowhere else. */
export function parseRuns(json: string): readonly StoredRun[] {
  return v.parse(Stored, JSON.parse(json)).runs
}
