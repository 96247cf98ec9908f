import type { Kysely, Transaction } from 'kysely'
import { alone } from './transactions.ts'

/**
 * One transaction for the writes of all who come in one turn of the process: a commit waits for the disk, whatever is in
 * it. Resolves with what `work` gives when that is durable. Where one fails, it alone does, and is as if it had never
 * been: `work` may run more than once, and does nothing but read and write.
 */
export type Together<Tables> = <Result>(
  work: (step: Transaction<Tables>) => Promise<Result>,
) => Promise<Result>

/** What is in one commit: who comes first waits for the last of them. */
const MAX_WORKS = 64

interface Waiting<Tables> {
  readonly run: (step: Transaction<Tables>) => Promise<unknown>
  readonly resolve: (result: never) => void
  readonly reject: (reason: unknown) => void
}

export function createTogether<Tables>(tables: Kysely<Tables>): Together<Tables> {
  const waiting: Waiting<Tables>[] = []
  let isUnderWay = false
  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      // Who asks in the same turn comes along.
      await othersTurn()
      await written(tables, waiting.splice(0, MAX_WORKS))
    }
    isUnderWay = false
  }
  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push({ run: work, resolve, reject })
      if (isUnderWay) return
      isUnderWay = true
      void writeAll()
    })
}

/** Never throws. */
async function written<Tables>(tables: Kysely<Tables>, all: readonly Waiting<Tables>[]): Promise<void> {
  for (let left = all; left.length > 0;) {
    const running: Running<Tables> = { work: undefined }
    try {
      const results = await alone(tables, (step) => resultsOf(left, step, running))
      for (const [at, { resolve }] of left.entries()) resolve(results[at] as never)
      return
    } catch (error) {
      const { work } = running
      // Not begun, or not committed: that is of all of them.
      for (const { reject } of work === undefined ? left : [work]) reject(error)
      left = work === undefined ? [] : left.filter((one) => one !== work)
    }
  }
}

interface Running<Tables> {
  /** The one that is being done; it stays here where it fails. */
  work: Waiting<Tables> | undefined
}

async function resultsOf<Tables>(
  works: readonly Waiting<Tables>[],
  step: Transaction<Tables>,
  running: Running<Tables>,
): Promise<readonly unknown[]> {
  const results: unknown[] = []
  for (const work of works) {
    running.work = work
    results.push(await work.run(step))
  }
  running.work = undefined
  return results
}

function othersTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
