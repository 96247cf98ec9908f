/** Pages in memory, so that one that did not change is not written again for each request. */
export interface PageMemory {
  /** Undefined for one that is not kept, or is kept under another tag. */
  find(key: string, tag: string): Uint8Array<ArrayBuffer> | undefined
  /** Gives the page on as it is written, and keeps it once it is whole. `tag` was true before it was begun. */
  keep(
    page: AsyncIterable<Uint8Array>,
    as: { readonly key: string; readonly tag: string },
  ): AsyncGenerator<Uint8Array>
}

export interface PageMemoryLimits {
  /** A page that is longer is not kept. */
  readonly maxPageBytes: number
  /** Of all pages. The one that was asked for longest ago goes first. */
  readonly maxBytes: number
}

interface Kept {
  readonly tag: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Of projects and of groups; together 32 MiB. */
export const PAGE_MEMORY = {
  projects: { maxPageBytes: 4 * 2 ** 20, maxBytes: 24 * 2 ** 20 },
  groups: { maxPageBytes: 2 * 2 ** 20, maxBytes: 8 * 2 ** 20 },
} as const

export function createPageMemory(limits: PageMemoryLimits): PageMemory {
  const pages = new Map<string, Kept>()
  let total = 0
  const forget = (key: string): void => {
    total -= pages.get(key)?.bytes.length ?? 0
    pages.delete(key)
  }
  const add = (key: string, kept: Kept): void => {
    forget(key)
    pages.set(key, kept)
    total += kept.bytes.length
    for (const oldest of pages.keys()) {
      if (total <= limits.maxBytes) return
      forget(oldest)
    }
  }
  return {
    find: (key, tag) => {
      const kept = pages.get(key)
      if (kept?.tag !== tag) return undefined
      pages.delete(key)
      pages.set(key, kept)
      return kept.bytes
    },
    async *keep(page, { key, tag }) {
      const parts: Uint8Array[] = []
      let length = 0
      for await (const part of page) {
        length += part.length
        if (length <= limits.maxPageBytes) parts.push(part)
        else parts.length = 0
        yield part
      }
      if (length <= limits.maxPageBytes) add(key, { tag, bytes: Buffer.concat(parts) })
    },
  }
}
