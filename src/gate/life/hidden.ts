import type { GateReader } from '../gate.ts'
import type { GateParts } from './parts.ts'
import { routeOf, type Routed } from './route.ts'

/**
 * A name of this server's own projects that who asks may not read, or that no project has: both are answered alike. Of
 * several projects with the name all must be readable, since their files stand on one page. Throws what the upstream
 * fails with.
 */
export async function isHidden(
  { upstream }: Routed,
  name: string,
  reader: GateReader | undefined,
): Promise<boolean> {
  const { client } = upstream
  if (reader === undefined || client.owners === undefined) return false
  const owners = await client.owners(name)
  if (owners.length === 0) return true
  for (const project of owners) if (!(await reader.mayRead(project))) return true
  return false
}

/** The same of a name that may have no upstream any more; one that cannot be asked hides. */
export async function isNameHidden(
  { upstreams }: GateParts,
  name: string,
  reader: GateReader | undefined,
): Promise<boolean> {
  if (reader === undefined) return false
  const routed = routeOf(upstreams, name)
  return routed === undefined || isHidden(routed, name, reader).catch(() => true)
}
