/**
 * The rooms of `src/` and what each may import besides `node:` modules and libraries. Arrows go to a lower floor, or
 * to a room named before it on the same floor; `types` allows imports of types only. docs/design/rooms.md explains.
 */
export interface Room {
  readonly floor: number
  readonly imports: readonly string[]
  readonly types?: readonly string[]
}

const floor3 = ['base', 'formats', 'ciconfig', 'identity', 'access', 'log', 'verify', 'sign', 'lint', 'init']
const floor4 = [
  ...floor3,
  ...['trust', 'registry', 'gate', 'pipelines', 'repositories', 'runner', 'rehearsal', 'packaging'],
]
const floor5 = [...floor4, 'host', 'storage', 'net', 'http']

export const rooms: Readonly<Record<string, Room>> = {
  base: { floor: 0, imports: [] },
  formats: { floor: 1, imports: ['base'] },
  ciconfig: { floor: 1, imports: ['base'] },
  identity: { floor: 2, imports: ['base', 'formats'] },
  access: { floor: 2, imports: ['base'] },
  log: { floor: 2, imports: ['base', 'formats'] },
  verify: { floor: 3, imports: ['base', 'formats', 'identity'] },
  sign: { floor: 3, imports: ['base', 'formats', 'identity', 'verify'] },
  lint: { floor: 3, imports: ['base', 'formats', 'ciconfig', 'verify'] },
  init: { floor: 3, imports: ['base', 'formats', 'lint'] },
  trust: { floor: 4, imports: ['base', 'formats', 'identity', 'log'] },
  registry: { floor: 4, imports: ['base', 'formats', 'identity', 'access', 'verify'] },
  gate: { floor: 4, imports: ['base', 'formats', 'identity', 'access', 'verify', 'registry'] },
  pipelines: { floor: 4, imports: ['base', 'formats', 'ciconfig', 'identity', 'access'] },
  repositories: { floor: 4, imports: ['base', 'ciconfig', 'access', 'pipelines'] },
  runner: { floor: 4, imports: ['base', 'formats'] },
  rehearsal: { floor: 4, imports: ['base', 'formats', 'runner'] },
  packaging: { floor: 4, imports: ['base', 'formats', 'identity', 'verify', 'sign'] },
  host: { floor: 5, imports: ['base'] },
  storage: { floor: 5, imports: ['base', 'formats', 'host'], types: floor4 },
  net: { floor: 5, imports: ['base', 'formats'], types: floor4 },
  http: { floor: 5, imports: floor4 },
  web: { floor: 6, imports: [...floor4, 'http'] },
  server: { floor: 6, imports: [...floor5, 'web'] },
  client: { floor: 6, imports: floor5 },
  cli: { floor: 7, imports: [...floor5, 'web', 'server', 'client'] },
}

/** What a folder may import beside its room: only what starts a server, or asks one over its socket, loads one. */
export const folderImports: Readonly<Record<string, readonly string[]>> = {
  'client/run': ['server'],
  'client/rehearse': ['server'],
  'client/trust-root': ['server'],
}

/** Rooms whose folders each have an `index.ts` of their own and, but for `formats` and `dividedArrows`, do not import each other. */
export const dividedRooms: readonly string[] = ['formats', 'trust', 'storage']

/** Folders of such a room that build on others of it. */
export const dividedArrows: Readonly<Record<string, readonly string[]>> = {
  'storage/sqlite': ['storage/sql'],
}

/** Folders that can be entered beside their room: a command that must start fast loads no more than it needs. */
export const sideEntries: readonly string[] = [
  'client/verify/index.ts',
  'client/sign/index.ts',
  'client/settings/index.ts',
  'client/gate-url/index.ts',
  'client/audit/index.ts',
  'client/build/index.ts',
  'client/publish/index.ts',
  'client/fetch/index.ts',
  'client/install/index.ts',
  'formats/python/archive/index.ts',
  'formats/python/simple-index/index.ts',
  'formats/python/locks/index.ts',
  'client/plan/index.ts',
  'client/rehearse/index.ts',
  'client/lint/index.ts',
  'client/policy/index.ts',
  'client/doctor/index.ts',
  'client/init/index.ts',
  'client/trust-check/index.ts',
  'client/why/index.ts',
]
