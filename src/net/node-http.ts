import type * as http from 'node:http'
import type * as https from 'node:https'

/**
 * `node:http` and `node:https` without an `import`: importing a built-in module reads each of its members, and some of
 * these load the whole of undici, which costs a command as much time as its requests do. Types come by `import type`.
 */
export function nodeHttp(): typeof http {
  return process.getBuiltinModule('node:http')
}

export function nodeHttps(): typeof https {
  return process.getBuiltinModule('node:https')
}
