import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runProgram, wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let folder: { path: string; remove: () => Promise<void> }
let server: Server

interface Row {
  readonly action: string
  readonly details: Record<string, string>
  readonly outcome: string
}

const command = (...args: string[]) => runProgram([wheelseal, ...args, '--data', server.data, '--json'])

async function rows(): Promise<readonly Row[]> {
  const { code, stdout, stderr } = await command('trust', 'audit')
  expect(code, stderr).toBe(0)
  return (JSON.parse(stdout) as { rows: Row[] }).rows.map(({ action, details, outcome }) => ({
    action,
    details,
    outcome,
  }))
}

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder.path, 'data'))
  await server.admin('project', 'create', 'acme/tools')
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const created = {
  action: 'project.create',
  details: { path: 'acme/tools', visibility: 'private' },
  outcome: 'done',
}
const minted = (ref: string) => ({
  action: 'id-token.mint',
  details: { project: 'acme/tools', ref, audience: 'sigstore' },
  outcome: 'done',
})

it('the audit trail has a row for an id token for tries, and holds no token', async () => {
  const { token } = await server.admin('trust', 'token', '--project', 'acme/tools')
  expect(await rows()).toEqual([created, minted('main')])
  expect(JSON.stringify(await rows())).not.toContain(String(token).slice(0, 20))
})

it('what was refused is listed as refused, with the reason', async () => {
  expect((await command('project', 'create', 'acme/tools')).code).toBe(1)
  expect((await rows()).at(-1)).toMatchObject({ action: 'project.create', outcome: 'refused' })
  const { stdout } = await runProgram([wheelseal, 'trust', 'audit', '--data', server.data])
  expect(stdout.split('\n').at(-2)).toMatch(/ {2}project\.create {2}refused \(access\.path-taken\) {2}path=/)
})

it('a token for a project that is not there is refused, and leaves no row', async () => {
  const before = await rows()
  expect(await command('trust', 'token', '--project', 'acme/none')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('access.unknown-project'),
  })
  expect(await rows()).toEqual(before)
})

it('the trail goes on where no server runs', async () => {
  await server.stop()
  expect((await command('trust', 'token', '--project', 'acme/tools', '--ref', 'next')).code).toBe(0)
  expect((await rows()).at(-1)).toEqual(minted('next'))
  server = await startServer(server.data)
})
