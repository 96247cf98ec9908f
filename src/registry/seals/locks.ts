/** One after the other, for each name; what fails lets the next one go on. */
export interface Locks {
  hold<T>(name: string, work: () => Promise<T>): Promise<T>
}

export function createLocks(): Locks {
  const last = new Map<string, Promise<unknown>>()
  return {
    hold: async (name, work) => {
      const before = last.get(name) ?? Promise.resolve()
      const mine = before.then(work, work)
      last.set(name, mine)
      try {
        return await mine
      } finally {
        if (last.get(name) === mine) last.delete(name)
      }
    },
  }
}
