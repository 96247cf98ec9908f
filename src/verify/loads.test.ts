import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const PROBE = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
process.on('exit', () => console.log(JSON.stringify(loaded)))`

/** What `import 'wheelseal/verify'` brings along, by rooms, packages and built-in modules. */
function loadedBy(entry: string): { rooms: Set<string>; packages: Set<string>; builtins: Set<string> } {
  const argv = ['--no-warnings', '--import', `data:text/javascript,${encodeURIComponent(PROBE)}`, entry]
  const urls = JSON.parse(execFileSync(process.execPath, argv).toString()) as string[]
  const find = (pattern: RegExp): Set<string> => new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []))
  return {
    rooms: find(/\/src\/([a-z]+)\//),
    packages: find(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//),
    builtins: find(/^node:(.+)$/),
  }
}

describe('importing the entry point', () => {
  const { rooms, packages, builtins } = loadedBy(join(import.meta.dirname, 'index.ts'))

  it('loads rooms of the floors 0 to 3 and no others', () => {
    expect([...rooms].toSorted()).toEqual(['base', 'formats', 'identity', 'verify'])
  })

  it('loads no package of the servers, and nothing that reaches files, network or processes', () => {
    const servers = ['hono', '@hono/node-server', 'kysely', 'pino', 'commander', 'yaml', 'yauzl', 'yazl']
    expect(servers.filter((name) => packages.has(name))).toEqual([])
    expect(packages.has('valibot')).toBe(true)
    const pure = new Set(['buffer', 'crypto', 'util'])
    expect([...builtins].filter((name) => !pure.has(name))).toEqual([])
  })
})
