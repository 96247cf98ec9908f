/** The most that is read of a connection before it is known to whom it goes. */
export const MAX_BEGINNING_BYTES = 16 << 10

/** What the first bytes of a connection say; nothing is decided about it before they do. */
export type Beginning =
  /** Not enough yet: at least so many bytes are needed in all. */
  | { readonly kind: 'more'; readonly bytes: number }
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'refused'; readonly why: string }

export type Decided = Exclude<Beginning, { readonly kind: 'more' }>

export function refused(why: string): Decided {
  return { kind: 'refused', why }
}
