/** What must be known of a view to keep it. */
interface Weighed {
  readonly files: ReadonlyMap<string, unknown>
  readonly isUnknown: boolean
}

/** Views by their key, as many as there is room for. */
export interface KeptViews<View> {
  find(key: string): View | undefined
  keep(key: string, view: View): View
  /** Keeps what is made, unless the key was forgotten meanwhile: it may not know yet what has changed. */
  keeping(key: string, make: () => Promise<View>): Promise<View>
  forget(key: string): void
}

/** Files in all views together; the view that was asked for longest ago goes first. */
const MAX_FILES = 20_000
/** What a view weighs without its files, in files. */
const VIEW_WEIGHT = 4

export function createKeptViews<View extends Weighed>(maxFiles = MAX_FILES): KeptViews<View> {
  const views = new Map<string, View>()
  const making = new Map<string, Set<{ isForgotten: boolean }>>()
  let count = 0
  const drop = (key: string): void => {
    count -= weight(views.get(key))
    views.delete(key)
  }
  const keep = (key: string, view: View): View => {
    drop(key)
    // Anybody may ask for names that nobody has.
    if (view.isUnknown && view.files.size === 0) return view
    views.set(key, view)
    count += weight(view)
    for (const oldest of views.keys()) {
      if (count <= maxFiles || oldest === key) break
      drop(oldest)
    }
    return view
  }
  return {
    find: (key) => views.get(key),
    keep,
    keeping: async (key, make) => {
      const own = { isForgotten: false }
      const all = making.get(key) ?? new Set()
      making.set(key, all.add(own))
      try {
        const view = await make()
        return own.isForgotten ? view : keep(key, view)
      } finally {
        all.delete(own)
        if (all.size === 0) making.delete(key)
      }
    },
    forget: (key) => {
      drop(key)
      for (const one of making.get(key) ?? []) one.isForgotten = true
    },
  }
}

function weight(view: Weighed | undefined): number {
  return view === undefined ? 0 : view.files.size + VIEW_WEIGHT
}
