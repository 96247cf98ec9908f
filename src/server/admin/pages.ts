/** Page by page, until one is empty. */
export async function* allAfter<T extends { readonly id: number }>(
  page: (lastId: number) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  for (let last: T | undefined, isFirst = true; isFirst || last !== undefined; isFirst = false) {
    const rows = await page(last?.id ?? 0)
    yield* rows
    last = rows.at(-1)
  }
}
