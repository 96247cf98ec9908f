/**
 * Whether the header If-None-Match (RFC 9110 §13.1.2) lists this entity tag; weakly compared, as it says. `*` lists none:
 * whether anything exists at all is known to the caller.
 */
export function listsTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((listed) => opaque(listed.trim()) === opaque(tag))
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}
