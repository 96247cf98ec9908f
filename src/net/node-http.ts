import type * as http from 'node:http'
import type * as https from 'node:https'
import type * as tls from 'node:tls'

/**
 * `node:http` and `node:https` without an `import`: importing a built-in module reads each of its members, and some of
 * these load the whole of undici, which costs a command as much time as its requests do. `node:tls` is not loaded where
 * nobody speaks it. Types come by `import type`.
 */
export function nodeHttp(): typeof http {
  return process.getBuiltinModule('node:http')
}

export function nodeHttps(): typeof https {
  return process.getBuiltinModule('node:https')
}

export function nodeTls(): typeof tls {
  return process.getBuiltinModule('node:tls')
}
