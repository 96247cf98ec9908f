const PAGE = 500

interface Pages<Item, Key> {
  readonly read: (after: Key, limit: number) => Promise<readonly Item[]>
  /** Where the page after this item begins. */
  readonly after: (item: Item) => Key
}

export async function* paged<Item, Key>(first: Key, { read, after }: Pages<Item, Key>): AsyncGenerator<Item> {
  for (let from = first; ;) {
    const items = await read(from, PAGE)
    yield* items
    const last = items.at(-1)
    if (last === undefined || items.length < PAGE) return
    from = after(last)
  }
}
