import type { StoredFile } from '../registry/index.ts'

/** Entries that are written before others get their turn. */
export const ITEMS_PER_STEP = 500

/**
 * Where a page stands. Its links are relative: they hold by every name that the host has, and behind a proxy that serves
 * it below a path.
 */
export interface PagePlace {
  /** What ends the path of the page: '/' or nothing. */
  readonly slash: string
  /**
   * The URL of the PyPI routes of the project, as the configuration of the server has its host; without a slash at the
   * end. Provenance is the one thing for which PEP 740 wants a whole URL.
   */
  readonly base: string
}

export interface FileLinks {
  readonly href: string
  readonly provenance: string | undefined
}

/** `name` is normalised. */
export function fileLinks({ slash, base }: PagePlace, name: string, file: StoredFile): FileLinks {
  const up = slash === '' ? '../' : '../../'
  const [version, fileName] = [encodeURIComponent(file.version), encodeURIComponent(file.fileName)]
  return {
    href: `${up}files/${file.sha256}/${fileName}`,
    provenance:
      file.provenance === null ? undefined : `${base}/integrity/${name}/${version}/${fileName}/provenance`,
  }
}

export function nameHref({ slash }: PagePlace, name: string): string {
  return `${slash === '' ? 'simple/' : ''}${name}/`
}
