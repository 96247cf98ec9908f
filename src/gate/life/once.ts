/** Whoever asks while it is under way gets the same answer: one at a time for each key. */
export function once<Result>(): (key: string, work: () => Promise<Result>) => Promise<Result> {
  const running = new Map<string, Promise<Result>>()
  return (key, work) => {
    const before = running.get(key)
    if (before !== undefined) return before
    const begun = work().finally(() => running.delete(key))
    running.set(key, begun)
    return begun
  }
}
