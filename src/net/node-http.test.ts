import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const script = `
import { createHttp } from './index.ts'
const http = createHttp({ env: {}, files: {} })
await http.request({ method: 'GET', url: 'http://127.0.0.1:1/' }).catch(() => undefined)
console.log(JSON.stringify(process.moduleLoadList))
`

it('asks a server without loading a second HTTP client, or TLS for one that has none', () => {
  const printed = execFileSync(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    cwd: join(import.meta.dirname),
    encoding: 'utf8',
  })
  const loaded = JSON.parse(printed) as readonly string[]
  expect(loaded.filter((name) => /^NativeModule (?:https?$|tls$|internal\/deps\/undici)/.test(name))).toEqual(
    ['NativeModule http'],
  )
})
