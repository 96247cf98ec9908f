/** proxpi 1.3.1, stock, before a gate and behind one: a proxy that keeps pages and files, and checks no digest. */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { cellOf } from '../support/gate-cells.ts'
import type { Distribution } from '../support/gate-packages.ts'
import { startGateServer, type GateServer, type GateTable } from '../support/gate-server.ts'
import { sentencePattern, signedByStranger, withOtherEnd } from '../support/gate-states.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { EXPECTED, makeWorld, STRANGER, type World } from '../support/gate-world.ts'
import { INSTALLERS, newConsumer } from '../support/installers.ts'
import { indexPython, present, python, uv } from '../support/judges.ts'
import { startProxpi, type Proxpi } from '../support/proxpi.ts'

const isAll = process.env['WHEELSEAL_MATRIX'] === 'all'
const LONG_MS = 120_000
/** As the guide has it for a proxpi before a gate. */
const KEEPS_NOTHING = { PROXPI_CACHE_SIZE: '0', PROXPI_INDEX_TTL: '0' }

/** In `npm test` each case has one of the two, in a night both. */
function clients(core: 'pip 26.3' | 'uv') {
  return INSTALLERS.filter(({ name }) => name === core || (isAll && (name === 'uv' || name === 'pip 26.3')))
}

type Client = (typeof INSTALLERS)[number]

async function cell(installer: Client, index: string, asked: { requirement: string; sentence: RegExp }) {
  const { requirement, sentence } = asked
  const consumer = await newConsumer({ installer, aim: { index }, wanted: { requirement } })
  const outcome = await consumer.run('install')
  const found = await cellOf(outcome, { place: consumer.place, sentence })
  await consumer.place.remove()
  return { cell: found, output: outcome?.output ?? '' }
}

const saysOf = ({ name }: Client): string => (name === 'uv' ? 'says/2' : 'says/1')

describe.runIf(present(indexPython, python, uv))('proxpi', () => {
  let world: World
  let gates: GateServer
  const upstreams = new Map<string, GateUpstream>()
  const proxies = new Map<string, Proxpi>()

  beforeAll(async () => {
    world = await makeWorld()
    const { offers } = signedByStranger(world)
    for (const name of ['recalled', 'refused', 'behind']) upstreams.set(name, await startGateUpstream(offers))
    const other = world.older[0]?.wheel
    if (other === undefined) throw new Error('the world has no older release')
    upstreams.get('refused')?.offer(world.offer(other, { sent: withOtherEnd(other.bytes) }))
    proxies.set('behind', await proxyTo('behind', upstreams.get('behind')?.url ?? ''))
    await startGates()
    proxies.set('recalled', await proxyTo('recalled', gates.index('recalled')))
    proxies.set('as told', await proxyTo('as told', gates.index('recalled'), KEEPS_NOTHING))
    proxies.set('refused', await proxyTo('refused', gates.index('refused')))
  }, LONG_MS)
  afterAll(async () => {
    for (const proxy of proxies.values()) proxy.stop()
    await gates.stop()
    for (const upstream of upstreams.values()) await upstream.close()
    await world.close()
  })

  describe('before a gate', () => {
    it.each(clients('pip 26.3'))(
      'has $name install what is allowed',
      { timeout: LONG_MS },
      async (client) => {
        for (const proxy of ['recalled', 'as told'])
          await expectCell(client, { proxy, requirement: 'demo==2.0' }, '2.0')
      },
    )

    it.each(clients('uv'))(
      'has $name fall back from what is refused',
      { timeout: LONG_MS },
      async (client) => {
        await expectCell(client, { proxy: 'refused', requirement: 'demo' }, '1.1')
      },
    )

    it.each([...clients('pip 26.3'), ...clients('uv')])(
      'has the sentence of a refusal for $name, from the gate itself',
      { timeout: LONG_MS },
      async (client) => {
        await expectCell(client, { proxy: 'refused', requirement: 'demo==2.0' }, saysOf(client))
      },
    )

    it('passes the reason of a page on, and answers a refused file with the way to the gate', async () => {
      const page = `${indexOf('refused')}demo/`
      const file = world.newest.strange.wheel.fileName
      const accept = 'application/vnd.pypi.simple.v1+json'
      const { files } = (await (await fetch(page, { headers: { accept } })).json()) as {
        files: { filename: string; yanked?: string | boolean }[]
      }
      const yanked = files.find(({ filename }) => filename === file)?.yanked
      expect(yanked).toMatch(sentenceOf('refused'))
      const html = await (await fetch(page, { headers: { accept: 'text/html' } })).text()
      expect(html).toContain(`data-yanked="${yanked}"`)
      const answer = await fetch(`${page}${file}`, { redirect: 'manual' })
      expect([answer.status, answer.headers.get('location')]).toEqual([
        302,
        expect.stringContaining(`${gates.url}/gate/refused/files/`),
      ])
    })

    it('keeps nothing of a file that the gate cuts off for its digest', { timeout: LONG_MS }, async () => {
      const file = world.older[0]?.wheel.fileName ?? ''
      for (let turn = 0; turn < 2; turn += 1) {
        const answer = await fetch(`${indexOf('refused')}demo/${file}`).catch((error: unknown) => error)
        if (answer instanceof Response) await answer.arrayBuffer().catch(() => undefined)
      }
      const last = await fetch(`${indexOf('refused')}demo/${file}`)
      expect([last.status, last.statusText]).toEqual([403, expect.stringContaining('(gate.digest)')])
      expect(await keptBy('refused')).not.toContain(file)
    })

    it('knows only names of its list, once it has read that, unless it keeps nothing', async () => {
      const statuses = async (proxy: string) => {
        await fetch(indexOf(proxy))
        return (await fetch(`${indexOf(proxy)}injected/`)).status
      }
      expect(await statuses('refused')).toBe(404)
      expect(await statuses('as told')).toBe(200)
    })

    it.each(clients('uv'))(
      'has $name install for half an hour what was recalled, unless it keeps nothing',
      { timeout: LONG_MS },
      async (client) => {
        await gates.changePolicy('recalled', world.policy({}))
        const requirement = 'demo==2.0'
        await expectCell(client, { proxy: 'as told', requirement }, saysOf(client))
        await expectCell(client, { proxy: 'as told', requirement: 'demo' }, '1.1')
        await expectCell(client, { proxy: 'recalled', requirement }, '2.0')
      },
    )

    it.each(clients('pip 26.3'))(
      'has the sentence for $name once its page is a new one, by another address',
      { timeout: LONG_MS },
      async (client) => {
        await gates.changePolicy('recalled', world.policy({}))
        await proxies.get('recalled')?.forget('demo')
        await expectCell(client, { proxy: 'recalled', requirement: 'demo==2.0' }, saysOf(client))
      },
    )
  })

  describe('behind a gate', () => {
    it.each(clients('uv'))(
      'is blind: what needs a seal is refused to $name, until the gate is told where seals are',
      { timeout: LONG_MS },
      async (client) => {
        const found = await at(client, {
          gate: 'blind',
          requirement: 'demo==1.1',
          sentence: /\(gate\.blind\): .*provenance_url/,
        })
        expect(found.cell, found.output).toBe(saysOf(client))
        const told = await at(client, { gate: 'told', requirement: 'demo' })
        expect(told.cell, told.output).toBe('1.1')
      },
    )

    it.each(clients('pip 26.3'))(
      'hides nothing of who signed from $name, where seals are found by their address',
      { timeout: LONG_MS },
      async (client) => {
        const found = await at(client, { gate: 'told', requirement: 'demo==2.0' })
        expect(found.cell, found.output).toBe(saysOf(client))
      },
    )

    it('tells no upload time, so that an age counts from when the gate has seen a file first', async () => {
      const wheel = world.older[1]?.wheel ?? world.injected.wheel
      expect((await fileAt('held', wheel))?.statusText).toMatch(
        /\(gate\.held\): demo 1\.1 is 0 of 7 days old/,
      )
    })

    it('sends the gate to its index for a file that takes a second: a host that must be listed', async () => {
      const { manner } = upstreams.get('behind') ?? {}
      if (manner === undefined) throw new Error('there is no index')
      for (const gate of ['plain', 'told']) await fetch(`${gates.index(gate)}injected/`)
      manner.delayMs = 3000
      const notListed = await fileAt('plain', world.injected.wheel)
      const listed = await fileAt('told', world.injected.sdist)
      manner.delayMs = 0
      expect([listed?.status, notListed?.status]).toEqual([200, 424])
      expect(notListed?.statusText).toMatch(/\(gate\.upstream\)/)
    })

    it.each(clients('uv'))(
      'gets no bytes past the gate that changed in its cache, which $name is told',
      { timeout: LONG_MS },
      async (client) => {
        const file = world.older[0]?.wheel
        if (file === undefined) throw new Error('the world has no older release')
        await (await fetch(`${indexOf('behind')}demo/${file.fileName}`)).arrayBuffer()
        const folder = join(world.folder, 'proxpi', 'behind')
        const names = await readdir(folder, { recursive: true })
        const kept = names.find((name) => name.endsWith(file.fileName)) ?? ''
        await writeFile(join(folder, kept), withOtherEnd(file.bytes))
        const sentence = /\(gate\.digest\): demo 1\.0: pypi sent other bytes than its page says/
        await fileAt('told', file)
        const found = await at(client, { gate: 'told', requirement: 'demo==1.0', sentence })
        expect(found.cell, found.output).toBe(saysOf(client))
      },
    )
  })

  interface Asked {
    readonly gate: string
    readonly requirement: string
    readonly sentence?: RegExp
  }

  function at(client: Client, { gate, requirement, sentence = sentenceOf(gate) }: Asked) {
    return cell(client, gates.index(gate), { requirement, sentence })
  }

  /** Whatever comes of it. */
  async function fileAt(gate: string, { name, fileName }: Distribution): Promise<Response | undefined> {
    const page = `${gates.index(gate)}${name}/`
    const links = [...(await (await fetch(page)).text()).matchAll(/href="([^"#]+)/g)].map(
      ([, href = '']) => href,
    )
    const answer = await fetch(new URL(links.find((href) => href.endsWith(fileName)) ?? '', page)).catch(
      () => undefined,
    )
    await answer?.arrayBuffer().catch(() => undefined)
    return answer
  }

  async function proxyTo(
    name: string,
    upstream: string,
    settings: Record<string, string> = {},
  ): Promise<Proxpi> {
    return startProxpi({ upstream, cache: join(world.folder, 'proxpi', name), settings })
  }

  function indexOf(proxy: string): string {
    return proxies.get(proxy)?.index ?? ''
  }

  async function keptBy(proxy: string): Promise<readonly string[]> {
    const names = await readdir(join(world.folder, 'proxpi', proxy), { recursive: true })
    return names.map((name) => name.split('/').at(-1) ?? '')
  }

  function sentenceOf(gate: string): RegExp {
    return sentencePattern(signedByStranger(world).sentences, `${gates.url}/gate/${gate}`)
  }

  async function expectCell(
    client: Client,
    { proxy, requirement }: { readonly proxy: string; readonly requirement: string },
    expected: string,
  ): Promise<void> {
    const sentence = sentenceOf(proxy === 'refused' ? 'refused' : 'recalled')
    const found = await cell(client, indexOf(proxy), { requirement, sentence })
    expect(found.cell, found.output).toBe(expected)
  }

  /** All ask the same proxpi; the last two are told where its index is. */
  function gatesBehind(): readonly GateTable[] {
    const { host = '' } = upstreams.get('behind') ?? {}
    const upstreamUrl = indexOf('behind')
    const more = `files = ["${host}"]\nprovenance_url = "http://${host}/integrity/{name}/{version}/{file}"`
    return [
      { name: 'blind', policy: world.policy({}), upstreamUrl },
      { name: 'plain', policy: 'version = 1\n[unlisted]\nunsigned = "allow"\n', upstreamUrl },
      { name: 'told', policy: world.policy({}), upstreamUrl, more },
      { name: 'held', policy: world.policy({ keys: 'cooldown = "7d"' }), upstreamUrl, more },
    ]
  }

  async function startGates(): Promise<void> {
    const either = world.policy({ projects: [EXPECTED, STRANGER] })
    gates = await startGateServer({
      folder: join(world.folder, 'gates'),
      address: await ownAddress(),
      trustedRoot: world.signers.trustedRoot,
      gates: [
        { name: 'recalled', policy: either, upstreamUrl: upstreams.get('recalled')?.url ?? '' },
        { name: 'refused', policy: world.policy({}), upstreamUrl: upstreams.get('refused')?.url ?? '' },
        ...gatesBehind(),
      ],
    })
  }
})
