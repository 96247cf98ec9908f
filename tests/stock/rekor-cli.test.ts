import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openBench, run, type Bench } from '../support/bundle-clients.ts'
import { present, rekorCli } from '../support/judges.ts'
import { pairClients, signPair } from '../support/pair-clients.ts'
import type { Outcome } from '../support/program.ts'

let bench: Bench
let uuid: string

describe.runIf(present(rekorCli))('rekor-cli 1.5.4 against wheelseal up', () => {
  beforeAll(async () => {
    bench = await openBench()
    for (const pair of ['first', 'second']) {
      const { code, stderr } = await signPair(bench, pairClients['our face'], pair)
      expect(code, stderr).toBe(0)
      for (const side of ['sig', 'crt']) await decode(`${pair}.${side}`)
    }
    return bench.stop
  })

  it('loginfo verifies the checkpoint, and that the log continues the one it has seen', async () => {
    const first = await ask('loginfo')
    expect(first).toMatchObject({ ActiveTreeSize: 3, TreeID: expect.stringMatching(/^\d+$/) })
    await signPair(bench, pairClients['our face'], 'third')
    expect(await ask('loginfo')).toMatchObject({ ActiveTreeSize: 4, TreeID: first['TreeID'] })
  })

  it('get verifies an entry by index, and by both forms of its UUID', async () => {
    const digest = await digestOf('file')
    const byIndex = await ask('get', '--log-index', '1')
    expect(JSON.stringify(byIndex['Body'])).toContain(digest)
    uuid = String(byIndex['UUID'])
    expect(uuid).toMatch(/^[0-9a-f]{80}$/)
    for (const name of [uuid, uuid.slice(16)]) expect(await ask('get', '--uuid', name)).toEqual(byIndex)
  })

  it('loginfo and get believe no other key', async () => {
    for (const command of [['loginfo'], ['get', '--log-index', '1']]) {
      expect(await rekorBy('rekor.pub', ...command)).toMatchObject({ code: 0 })
      const { code, stderr } = await rekorBy('ctfe.pub', ...command)
      expect(stderr).toMatch(/did not verify|unable to verify/)
      expect(code).toBe(1)
    }
  })

  it('get says that an entry is not there', async () => {
    expect((await rekor('get', '--log-index', '99')).stderr).toContain('[404]')
    const other = `${uuid.slice(0, 79)}${uuid.endsWith('0') ? '1' : '0'}`
    expect((await rekor('get', '--uuid', other)).stderr).toContain('[404]')
  })

  it('logproof prints the hashes between two sizes, and why there are none', async () => {
    const { RootHash, Hashes } = await ask('logproof', '--first-size', '1', '--last-size', '3')
    expect(RootHash).toMatch(/^[0-9a-f]{64}$/)
    expect(Hashes).toHaveLength(2)
    expect((await rekor('logproof', '--last-size', '99')).stderr).toContain('[400]')
  })

  it('search finds the entries of a file, and of a certificate', async () => {
    const sha = await ask('search', '--sha', `sha256:${await digestOf('file')}`)
    expect(sha['UUIDs']).toContain(uuid)
    const signer = await ask('search', '--public-key', 'first.crt.raw', '--pki-format', 'x509')
    expect(signer['UUIDs']).toEqual([uuid])
    expect((await rekor('search', '--sha', `sha256:${'ab'.repeat(32)}`)).stdout).not.toMatch(/[0-9a-f]{80}/)
  })

  it('reads the genesis entry, which the log signed itself', async () => {
    const genesis = await ask('get', '--log-index', '0')
    expect(genesis['Body']).toHaveProperty('HashedRekordObj')
  })

  it('verify finds the entry of a file, signature and certificate, and proves it', async () => {
    const { code, stdout, stderr } = await verify('first', 'file')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(uuid.slice(16))
    expect(stdout).toContain('Inclusion Proof')
  })

  it('verify refuses another file, and the certificate of another signature', async () => {
    for (const refused of [await verify('first', 'other'), await verify('first', 'file', 'second')]) {
      expect(refused.stderr).toContain('invalid signature')
      expect(refused.code).toBe(1)
    }
  })
})

async function verify(signature: string, file: string, certificate = signature): Promise<Outcome> {
  return rekor(
    ...['verify', '--type', 'hashedrekord', '--artifact-hash', await digestOf(file)],
    ...['--signature', `${signature}.sig.raw`, '--public-key', `${certificate}.crt.raw`],
    ...['--pki-format', 'x509'],
  )
}

async function ask(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await rekor(...args, '--format', 'json')
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

/** Its home is the bench, where it keeps what it has seen of the log. */
function rekor(...args: string[]): Promise<Outcome> {
  return run(bench, [rekorCli, '--rekor_server', bench.server.url, ...args])
}

/** With a key from the trust export in place of the one that the log names. */
async function rekorBy(key: string, ...args: string[]): Promise<Outcome> {
  const pem = await readFile(join(bench.path, key), 'utf8')
  const variable = `REKOR_REKOR_SERVER_PUBLIC_KEY=${pem}`
  return run(bench, ['env', variable, rekorCli, '--rekor_server', bench.server.url, ...args])
}

/** cosign writes base64; rekor-cli reads what is in it. */
async function decode(name: string): Promise<void> {
  const text = await readFile(join(bench.path, name), 'latin1')
  await writeFile(join(bench.path, `${name}.raw`), Buffer.from(text, 'base64'))
}

async function digestOf(name: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(bench.path, name)))
    .digest('hex')
}
