/**
 * The rooms of `src/` and what each may import besides `node:` modules and libraries. Arrows go to a lower floor, or
 * to a room named before it on the same floor; `types` allows imports of types only. docs/design/rooms.md explains.
 */
export interface Room {
  readonly imports: readonly string[]
  readonly types?: readonly string[]
}

const floor3 = ['base', 'formats', 'ciconfig', 'identity', 'access', 'log', 'verify', 'sign']
const floor4 = [...floor3, 'trust', 'registry', 'pipelines', 'runner']
const floor5 = [...floor4, 'host', 'storage', 'net', 'http']

export const rooms: Readonly<Record<string, Room>> = {
  base: { imports: [] },
  formats: { imports: ['base'] },
  ciconfig: { imports: ['base'] },
  identity: { imports: ['base', 'formats'] },
  access: { imports: ['base'] },
  log: { imports: ['base', 'formats'] },
  verify: { imports: ['base', 'formats', 'identity'] },
  sign: { imports: ['base', 'formats', 'identity', 'verify'] },
  trust: { imports: ['base', 'formats', 'identity', 'log'] },
  registry: { imports: ['base', 'formats', 'identity', 'access', 'verify'] },
  pipelines: { imports: ['base', 'formats', 'ciconfig', 'identity', 'access'] },
  runner: { imports: ['base', 'formats'] },
  host: { imports: ['base'] },
  storage: { imports: ['base', 'formats', 'host'], types: floor4 },
  net: { imports: ['base', 'formats'], types: floor4 },
  http: { imports: floor4 },
  server: { imports: floor5 },
  client: { imports: [...floor5, 'server'] },
  cli: { imports: [...floor5, 'server', 'client'] },
}

/** Rooms whose folders each have an `index.ts` of their own and, but for `formats` and `dividedArrows`, do not import each other. */
export const dividedRooms: readonly string[] = ['formats', 'trust', 'storage']

/** Folders of such a room that build on others of it. */
export const dividedArrows: Readonly<Record<string, readonly string[]>> = {
  'storage/sqlite': ['storage/sql'],
}

/** Folders that can be entered beside their room: a command that must start fast does not load the whole of `client/`. */
export const sideEntries: readonly string[] = [
  'client/verify/index.ts',
  'client/sign/index.ts',
  'client/settings/index.ts',
]
