/** What a contract suite of a store is run over: two handles of the same store, as two processes would have them. */
export interface TwoHandles<Store> {
  readonly first: Store
  readonly second: Store
  close(): Promise<void>
}

/** One store, whose calls go to the two in turn: what one of them kept to itself, the suite would miss. */
export function inTurn<Store extends object>({ first, second }: TwoHandles<Store>): Store {
  let calls = 0
  return new Proxy(first, {
    get: (_first, method) => {
      calls += 1
      return Reflect.get(calls % 2 === 1 ? first : second, method) as unknown
    },
  })
}
