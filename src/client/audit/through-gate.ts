/** Whether a URL is of the gate itself: its origin and its path, whatever credentials stand in it. */
export function isThroughGate(url: string, gateUrl: string): boolean {
  if (!URL.canParse(url)) return false
  const { origin, pathname } = new URL(url)
  return origin !== 'null' && `${origin}${pathname}`.startsWith(`${gateUrl}/`)
}
