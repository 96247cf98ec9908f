import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { blocksOf, openGatePage, OPERATOR_PAGE, type GatePage } from '../support/gate-page.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'

const LONG_MS = 120_000

let page: GatePage
beforeAll(async () => {
  page = await openGatePage()
})
afterAll(() => page.close())
afterEach(() => page.stop())

/** A page of this gate, in JSON. */
async function indexPage(name: string, ...more: readonly string[]): Promise<string> {
  const url = `http://${page.address}/gate/prod/simple/${name}/`
  const accept = 'Accept: application/vnd.pypi.simple.v1+json'
  return (await runProgram(['curl', '-s', '-H', accept, ...more, url])).stdout
}

/** The answer for the wheel that the policy holds, with its head. */
async function heldWheel(...more: readonly string[]): Promise<string> {
  const { files } = JSON.parse(await indexPage('demo', ...more)) as {
    files: { filename: string; url: string }[]
  }
  const { url = '' } = files.find(({ filename }) => filename === 'demo-2.0-py3-none-any.whl') ?? {}
  const { href } = new URL(url, `http://${page.address}/gate/prod/simple/demo/`)
  const headers = join(page.folder, 'headers')
  await runProgram(['curl', '-s', '-D', headers, '-o', join(page.folder, 'body'), ...more, href])
  return readFileSync(headers, 'latin1')
}

/** Every line of stand-a-gate-before-an-index.md, before an index on loopback. */
describe('the page of the operator of a gate', () => {
  const [warn = '', , enforce = '', configured = '', tls = '', external = '', pins = ''] = blocksOf(
    OPERATOR_PAGE,
    'sh',
  )
  const index = (): Record<string, string> => ({ PIP_INDEX_URL: page.upstream.url })
  const command = (line: string): Promise<Outcome> =>
    runProgram([wheelseal, ...line.trim().split(' ').slice(1), '--data', join(page.folder, 'data')])

  it('has no line for a shell but those that are run here', () => {
    expect(blocksOf(OPERATOR_PAGE, 'sh')).toHaveLength(7)
  })

  it('warns, counts, and then enforces', { timeout: LONG_MS }, async () => {
    const [shown = '', status = ''] = blocksOf(OPERATOR_PAGE, 'text')
    expect(await page.start(warn, index())).toEqual(page.here(shown).trim().split('\n'))
    const served = await heldWheel()
    expect(served).toMatch(/^HTTP\/1\.1 200 /)
    expect(served.toLowerCase()).toContain('wheelseal-would-refuse: gate.held')
    const told = await command('wheelseal gate status --since 7d')
    const shape = (text: string): string =>
      text
        .replaceAll(/policy \w{6}/g, 'policy')
        .replaceAll(/\d+ (?:s|min) ago/g, 'ago')
        .replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')
    expect(shape(told.stdout)).toBe(shape(status))
    const policy = join(page.folder, 'policy.toml')
    const tried = await command(`wheelseal gate try ${policy}`)
    expect(tried.stdout).toContain('  held (gate.held): demo 2.0 is 2 of 7 days old')
    expect(tried).toMatchObject({ code: 1, stderr: '' })

    await page.start(enforce, index())
    expect(await heldWheel()).toMatch(/^HTTP\/1\.1 403 held \(gate\.held\): demo 2\.0 is 2 of 7 days old, /)
    expect(await command(`wheelseal gate try ${policy}`)).toMatchObject({ code: 0 })
    const lines = pins.trim().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(await command(line), line).toMatchObject({ code: 0 })
  })

  describe('with its wheelseal.toml', () => {
    beforeAll(async () => {
      const toml = blocksOf(OPERATOR_PAGE, 'toml').find((one) => one.startsWith('[[gates]]')) ?? ''
      const ours = `url = "http://${await ownAddress()}/api/v4/groups/7/-/packages/pypi/simple"`
      const text = toml
        .replace(/url = "https:\/\/gitlab.*"/, ours)
        .replace('https://index.example/simple/', page.upstream.url)
      await writeFile(join(page.folder, 'wheelseal.toml'), text)
      const trust = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
      await writeFile(join(page.folder, 'trusted_root.json'), trust)
      await writeFile(join(page.folder, 'gitlab.token'), 'secret\n')
    })

    it('asks no other upstream for a private name', { timeout: LONG_MS }, async () => {
      const before = page.upstream.asked.length
      await page.start(configured)
      expect(await indexPage('acme-new')).toContain('0+wheelseal.refuses.acme.new')
      expect(page.upstream.asked.slice(before)).toEqual([])
    })

    it('links to its own name behind a proxy', { timeout: LONG_MS }, async () => {
      await page.start(external)
      expect(await heldWheel('-H', 'Host: gate.example')).toMatch(
        /^HTTP\/1\.1 403 .*; see https:\/\/gate\.example\/gate\/prod\/why\/[0-9a-f]{8}/,
      )
    })

    it('has a certificate of its own', { timeout: LONG_MS }, async () => {
      const subject = ['-subj', '/CN=gate', '-addext', 'subjectAltName=IP:127.0.0.1']
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
      const [key, certificate] = [join(page.folder, 'gate.key'), join(page.folder, 'gate.crt')]
      const files = ['-keyout', key, '-out', certificate]
      const made = await runProgram(['openssl', 'req', '-x509', ...kind, ...files, ...subject])
      expect(made, made.stderr).toMatchObject({ code: 0 })
      // gate.example is not a name of this machine.
      await page.start(tls.replace('gate.example:443', page.address))
      const health = await runProgram([
        'curl',
        '-s',
        '--cacert',
        certificate,
        `https://${page.address}/healthz`,
      ])
      expect(health.stdout).toContain('SERVING')
    })
  })
})
