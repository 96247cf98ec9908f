import type { CountedRefusal, Refusal } from '../store.ts'
import type { GateParts } from './parts.ts'

/** Links to refusals that a page lists and nobody has run into: uv shows their sentences without asking for the file. */
export interface Links {
  shown(refusal: Refusal): void
  /** A link that somebody opens is kept from then on. */
  open(id: string): Promise<CountedRefusal | undefined>
}

const MAX_LINKS = 50_000

/** In memory: the next page of the name has them again. */
export function createLinks({ store, clock, name: gate }: GateParts): Links {
  const links = new Map<string, Refusal>()
  return {
    shown: (refusal) => {
      links.delete(refusal.id)
      links.set(refusal.id, refusal)
      const [oldest] = links.keys()
      if (links.size > MAX_LINKS && oldest !== undefined) links.delete(oldest)
    },
    open: async (id) => {
      const kept = await store.findRefusal(gate, id)
      const shown = links.get(id)
      if (kept !== undefined || shown === undefined) return kept
      await store.noteRefusal(shown, clock.nowMs(), 0)
      return store.findRefusal(gate, id)
    },
  }
}
