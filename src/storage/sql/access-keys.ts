/** And the path itself. */
export function pathsAbove(path: string): readonly string[] {
  const segments = path.toLowerCase().split('/')
  return segments.map((_segment, index) => segments.slice(0, index + 1).join('/'))
}

/** Between these are the keys of all that is below a path: `0` comes after `/`. */
export function keysBelow(path: string): { readonly from: string; readonly to: string } {
  const key = path.toLowerCase()
  return { from: `${key}/`, to: `${key}0` }
}
