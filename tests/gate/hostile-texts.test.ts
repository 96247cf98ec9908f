/** Texts of an enemy wherever one may write: control characters, a megabyte, other scripts. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { entryFor, gateUpstream, provenanceOf, SEALED, WHEEL } from '../../src/gate/life/arrange.ts'
import type { Gate } from '../../src/gate/index.ts'
import { systemClock, systemFiles } from '../../src/host/index.ts'
import { createGateUpstream } from '../../src/net/index.ts'
import { bytesOf, makeSeal } from '../../src/registry/seals/arrange.ts'
import { ISSUER } from '../../src/verify/arrange.ts'
import { answering, simplePage, type Answering } from '../support/answering.ts'
import { gateBehind, offered, type GateBehind } from '../support/gate-behind.ts'

let gate: GateBehind
beforeEach(async () => {
  gate = await gateBehind({ rules: SEALED })
})
afterEach(() => gate.close())

const EVILS: readonly (readonly [what: string, text: string])[] = [
  ['line breaks', 'a\r\nX-Evil: 1\r\n\r\n<html>'],
  ['control characters', '\u0000\u0007\u001b[31m\u007f\u0085\u009b'],
  ['other scripts', 'аcme\u202eｄｅｍｏ\u{1f4a9}'],
  ['a megabyte', 'x'.repeat(1 << 20)],
  ['a megabyte of line breaks', '\n'.repeat(1 << 20)],
  ['markup', '[link=https://evil.example]<script>alert(1)</script>"\'&'],
]
const SHORT = EVILS.filter(([, text]) => text.length < 1000)
const SIGNERS = [...EVILS.filter(([what]) => what === 'markup'), ['20 kB', 'x'.repeat(20_000)] as const]

const LINE = /^[ -~]{1,240}$/
const PRINTABLE = /^[^\p{Cc}\p{Cf}]*$/u

/** Status line, body and page have one printable line of it, and the process answers the next request. */
async function expectOneLine(path: string, code: string): Promise<void> {
  const { served } = gate
  const answer = await served.ask(path)
  expect([answer.status, answer.headers['x-evil']]).toEqual([403, undefined])
  const { detail } = JSON.parse(String(answer.body)) as { detail: string }
  expect(detail).toMatch(LINE)
  expect([answer.reason, detail]).toEqual([detail, expect.stringContaining(`(${code})`)])
  for (const accept of ['text/html', 'application/vnd.pypi.simple.v1+json']) {
    const page = String((await served.ask('/gate/prod/simple/demo/', { headers: { accept } })).body)
    expect(page.replaceAll('\n', '')).toMatch(PRINTABLE)
    if (accept === 'text/html') expect(page).not.toContain('<script')
    expect(page.length).toBeLessThan(4096)
  }
  expect(entryFor(await gate.bench.gate.page('demo'), WHEEL)?.yanked).toBe(detail)
}

function pathOf({ sha256, fileName }: { readonly sha256: string; readonly fileName: string }): string {
  return `/packages/${sha256.slice(0, 2)}/${sha256.slice(2, 12)}/${fileName}`
}

/** As the provenance of a wheel. */
async function expectSigner(attestation: string, code: string): Promise<void> {
  const one = await offered(WHEEL, bytesOf(WHEEL), { provenance: Buffer.from(provenanceOf(attestation)) })
  gate.index.offer(one)
  await gate.served.ask('/gate/prod/simple/demo/')
  await expectOneLine(`/gate/prod/files/pypi${pathOf(one.file)}`, code)
}

/** The same gate before another index. */
function before({ url }: Answering): Gate {
  const config = { name: 'pypi', url: `${url}/simple/`, files: [], seals: 'none' } as const
  const client = createGateUpstream(config, { env: {}, files: systemFiles, clock: systemClock })
  return gate.bench.reopen({ upstreams: [gateUpstream(gate.bench.upstream, { key: 'hostile', client })] })
}

describe('an enemy’s text', () => {
  it.each(SIGNERS)('in the name of a signer (%s) is one line', async (_what, text) => {
    const leaf = { uri: `${ISSUER}/mallory/${text}` }
    await expectSigner(makeSeal({ leaf }).attestation, 'verify.identity')
  })

  it('in the name of a signer that no authority writes is one line', async () => {
    const attestation = makeSeal().attestation.replace(/"certificate":"([^"]+)"/, (_whole, der: string) => {
      const bytes = Buffer.from(der, 'base64')
      bytes.write('\r\n\u001b[1m\u0000', bytes.indexOf('acme/app'), 'latin1')
      return `"certificate":"${bytes.toString('base64')}"`
    })
    await expectSigner(attestation, 'verify.certificate')
  })

  it.each(EVILS)('in a yank reason (%s) is one line', async (_what, text) => {
    const old = 'demo-0.9-py3-none-any.whl'
    const refused = await offered(WHEEL, bytesOf(WHEEL), { yanked: text })
    gate.index.offer(await offered(old, bytesOf(old), { yanked: text }))
    gate.index.offer(refused)
    await gate.served.ask('/gate/prod/simple/demo/')
    await expectOneLine(`/gate/prod/files/pypi${pathOf(refused.file)}`, 'gate.unsigned')
  })

  it.each(EVILS)('in the name of a file (%s) costs that file', async (_what, text) => {
    const { file } = await offered(WHEEL, bytesOf(WHEEL))
    for (const filename of [text, `demo-${text}-py3-none-any.whl`, `demo-1.0-py3-none-any${text}.whl`]) {
      const listed = [WHEEL, filename].map((one) => ({ filename: one, url: pathOf(file), hashes: {} }))
      const index = await answering(() => simplePage('demo', listed))
      const own = before(index)
      const { files } = await own.page('demo')
      expect(files.map(({ fileName: one }) => one)).toEqual([expect.stringMatching(/^demo-0\+wh/), WHEEL])
      expect((await own.status(0)).soon).toEqual([expect.stringMatching(/^[ -~]{1,240}$/)])
      await index.close()
      await gate.bench.pass(60_000)
    }
  })

  it.each(SHORT)('in the name of a package (%s) is unknown, and nobody is asked', async (_what, text) => {
    const name = encodeURIComponent(text)
    for (const path of [`simple/${name}/`, `files/pypi/${name}.whl`, `files/${name}/${WHEEL}`]) {
      const answer = await gate.served.ask(`/gate/prod/${path}`)
      expect([answer.status, answer.headers['x-evil']]).toEqual([404, undefined])
      expect(answer.reason).toMatch(LINE)
    }
    expect(gate.index.asked).toEqual([])
  })

  it.each(EVILS)('in an answer of the upstream (%s) is its operator’s', async (_what, text) => {
    const index = await answering(() => ({ status: 403, body: JSON.stringify({ message: text }) }))
    const own = before(index)
    const { files } = await own.page('demo')
    const told = await own.file({ upstream: '-', path: files[0]!.fileName, kind: 'metadata' })
    const sentence = expect.stringMatching(/pypi did not answer, and nothing is kept; see /) as string
    expect(told).toMatchObject({ status: 424, sentence })
    const [status] = (await own.status(0)).upstreams
    expect(status?.fact).toMatch(PRINTABLE)
    expect(status?.fact?.length).toBeLessThan(1000)
    await index.close()
  })
})
