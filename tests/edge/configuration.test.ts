import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startGitLabIssuer } from '../support/gitlab-issuer.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

const at = (name: string): string => join(folder.path, name)
const up = (...more: readonly string[]): Promise<Outcome> =>
  runProgram([wheelseal, 'up', '--data', at('data'), '--listen', '127.0.0.1:0', ...more])

describe('up', () => {
  it('refuses a configuration with a slip in it before it makes anything, and names the line', async () => {
    await writeFile(at('w.toml'), '[[issuers]]\nurl = "https://gitlab.example"\nproject = ["acme/tools"]\n')
    const { code, stderr } = await up('--config', at('w.toml'))
    expect(code).toBe(2)
    expect(stderr).toContain(`${at('w.toml')}:3: issuers[1].project is not a known key`)
    expect(stderr).toContain('known keys: url, jwks, audience, projects, groups')
    expect(existsSync(at('data'))).toBe(false)
  })

  it('refuses a configuration that is not there, and a key set that is not there', async () => {
    expect(await up('--config', at('none.toml'))).toMatchObject({ code: 2 })
    await writeFile(at('w.toml'), '[[issuers]]\nurl = "https://gitlab.example"\njwks = "none.json"\n')
    const { code, stderr } = await up('--config', at('w.toml'))
    expect([code, stderr]).toEqual([2, expect.stringContaining(at('none.json'))])
    expect(existsSync(at('data'))).toBe(false)
  })

  it('refuses itself as a foreign issuer, and is free for the next start', async () => {
    const server = await startServer(at('data'))
    await server.stop()
    const file = join(at('data'), 'wheelseal.toml')
    await writeFile(file, `[[issuers]]\nurl = "${server.url}"\n`)
    const { code, stderr } = await runProgram([wheelseal, 'up', '--data', at('data')])
    expect([code, stderr]).toEqual([2, expect.stringContaining("the server's own issuer")])
    await writeFile(file, '')
    const again = await startServer(at('data'))
    expect(await again.stop()).toBe(0)
    expect(await readFile(file, 'utf8')).toBe('')
  })

  it('ends at once while an issuer keeps it waiting for its keys', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    const asked = once(silent, 'request')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    await writeFile(at('w.toml'), `[[issuers]]\nurl = "http://127.0.0.1:${port}"\n`)
    const server = await startServer(at('data'), [wheelseal], ['--config', at('w.toml')])
    await asked
    const beganMs = performance.now()
    expect(await server.stop()).toBe(0)
    expect(performance.now() - beganMs).toBeLessThan(3_000)
    silent.closeAllConnections()
    silent.close()
  })

  it('starts while an issuer is away, and fetches the keys of the others before anybody asks', async () => {
    const gitlab = await startGitLabIssuer()
    await writeFile(
      at('w.toml'),
      `[[issuers]]\nurl = "${gitlab.url}"\n[[issuers]]\nurl = "http://127.0.0.1:9"\n`,
    )
    const server = await startServer(at('data'), [wheelseal], ['--config', at('w.toml')])
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    await expect.poll(() => gitlab.asked.length, { timeout: 5_000 }).toBe(2)
    await server.stop()
    gitlab.close()
  })
})
