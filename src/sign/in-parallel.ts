/** As many requests of one call as a log is asked to bear at once. */
export const MAX_PARALLEL = 8

/** Results in the order of the items, at most `limit` of them under way; after a failure none is begun. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  let hasFailed = false
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) {
      if (hasFailed) return
      results[at] = await work(item)
    }
  }
  const workers = Array.from({ length: Math.min(limit, items.length) }, () =>
    worker().catch((error: unknown) => {
      hasFailed = true
      throw error
    }),
  )
  await Promise.all(workers)
  return results
}
