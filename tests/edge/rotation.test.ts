import { createPublicKey, verify } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askFirst, proofOver } from '../support/authority.ts'
import { runProgram, wheelseal } from '../support/program.ts'
import { startServer, temporaryFolder, type Server } from '../support/server.ts'

let server: Server
let folder: { path: string; remove: () => Promise<void> }
beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer(join(folder.path, 'data'))
  await server.admin('project', 'create', 'acme/tools')
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

type Jwk = { readonly kid: string; readonly kty: string }
interface Role {
  readonly id: string
  readonly role: string
  readonly until?: string
}

async function published(): Promise<readonly Jwk[]> {
  const answer = await fetch(`${server.url}/oauth/discovery/keys`)
  return ((await answer.json()) as { keys: Jwk[] }).keys
}

async function rotate(...flags: readonly string[]): Promise<readonly Role[]> {
  return (await server.admin('trust', 'rotate-issuer', ...flags))['keys'] as Role[]
}

async function token(): Promise<string> {
  return String((await server.admin('trust', 'token', '--project', 'acme/tools'))['token'])
}

function keyIdOf(text: string): string {
  return (JSON.parse(Buffer.from(text.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid
}

/** By the published key set alone, as verifiers do. */
async function isGood(text: string): Promise<boolean> {
  const jwk = (await published()).find(({ kid }) => kid === keyIdOf(text))
  if (jwk === undefined) return false
  const [head, payload, signature = ''] = text.split('.')
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  return verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'))
}

async function statusOf(text: string): Promise<number> {
  const proof = proofOver('project_path:acme/tools:ref_type:branch:ref:main')
  return (await askFirst({ server, token: text, proof })).status
}

describe('trust rotate-issuer', () => {
  it('publishes the next key beside the one that goes on signing, once', async () => {
    const [before] = await published()
    const roles = await rotate()
    expect(roles.map(({ role }) => role)).toEqual(['signs', 'next'])
    expect(roles[0]!.id).toBe(before!.kid)
    const hours = (Date.parse(roles[1]!.until!) - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(24)
    expect(hours).toBeLessThan(26)
    expect(await rotate()).toEqual(roles)
    expect((await published()).map(({ kid }) => kid)).toEqual(roles.map(({ id }) => id))
    expect(keyIdOf(await token())).toBe(before!.kid)
  })

  it('with --now lets that key sign, and tokens of the old one pass as before', async () => {
    const old = await token()
    const [, next] = await published()
    const roles = await rotate('--now')
    expect(roles.map(({ role }) => role)).toEqual(['signs', 'previous'])
    const fresh = await token()
    expect([keyIdOf(fresh), keyIdOf(old)]).toEqual([next!.kid, roles[1]!.id])
    for (const text of [old, fresh]) expect([await isGood(text), await statusOf(text)]).toEqual([true, 201])
  })

  it('works without a server, and the next server signs with what is there', async () => {
    await server.stop()
    const roles = await rotate('--now')
    expect(roles.map(({ role }) => role)).toEqual(['signs', 'previous', 'previous'])
    server = await startServer(server.data)
    expect((await published()).map(({ kid }) => kid)).toEqual(roles.map(({ id }) => id))
    expect(keyIdOf(await token())).toBe(roles[0]!.id)
  })

  it('with --revoke leaves nothing of any key before, and refuses what they signed', async () => {
    const old = await token()
    expect(await rotate('--revoke')).toHaveLength(1)
    expect([await isGood(old), await statusOf(old)]).toEqual([false, 400])
    expect(await statusOf(await token())).toBe(201)
    const names = await readdir(join(server.data, 'keys'))
    expect(names.filter((name) => name.startsWith('issuer'))).toEqual(['issuer.pem'])
  })

  it('tells people when each key signs', async () => {
    const command = [wheelseal, 'trust', 'rotate-issuer', '--data', server.data]
    const { code, stdout } = await runProgram(command)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[\w-]{43} {2}signs\n[\w-]{43} {2}signs from \d{4}-\S+Z\n$/)
  })
})
