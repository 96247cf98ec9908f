import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { observe } from '../support/gate-cells.ts'
import { nginx, startFront, type Front } from '../support/gate-front.ts'
import { startGateServer, type GateServer } from '../support/gate-server.ts'
import { gateStates, sentencePattern, type GateState } from '../support/gate-states.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { bothOf, makeWorld, type World } from '../support/gate-world.ts'
import { everyInstaller } from '../support/installers.ts'
import { present } from '../support/judges.ts'
import { readRows } from './matrix-table.ts'

const isAll = process.env['WHEELSEAL_MATRIX'] === 'all'
const rows = readRows().filter(({ isCore, expected }) => expected !== '-' && (isAll || isCore))
const ROW_MS = 120_000

/** A gate for each state, in front of an index of its own; the clients are unmodified. */
describe.runIf(present(...everyInstaller, nginx))('through a gate', () => {
  let world: World
  let states: Readonly<Record<string, GateState>>
  let gates: GateServer
  let front: Front
  const upstreams = new Map<string, GateUpstream>()

  beforeAll(async () => {
    world = await makeWorld()
    states = gateStates(world)
    for (const [name, state] of Object.entries(states)) upstreams.set(name, await startState(state))
    const [address, frontAddress] = [await ownAddress(), await ownAddress()]
    gates = await startGateServer({
      folder: join(world.folder, 'gates'),
      address,
      hosts: [frontAddress],
      trustedRoot: world.signers.trustedRoot,
      gates: Object.entries(states).map(([name, { policy }]) => ({
        name,
        policy,
        upstreamUrl: upstreams.get(name)?.url ?? '',
      })),
    })
    front = await startFront({
      folder: join(world.folder, 'front'),
      address: frontAddress,
      upstream: gates.url,
    })
    for (const name of ['digest', 'metadata']) await findOut(name)
  }, ROW_MS)
  afterAll(async () => {
    front.stop()
    await gates.stop()
    for (const upstream of upstreams.values()) await upstream.close()
    await world.close()
  })

  /** What is wrong with bytes is known once somebody has asked for them. */
  async function findOut(state: string): Promise<void> {
    const page = `${gates.index(state)}demo/`
    const links = /href="([^"#]*demo-2\.0[^"#]*\.whl)/.exec(await (await fetch(page)).text())
    await fetch(new URL(`${links?.[1]}.metadata`, page))
  }

  it.each(rows)(
    '$client, $asked of what is $state: $expected',
    { timeout: ROW_MS },
    async ({ state, asked, installer, expected }) => {
      const isFront = state === 'http2'
      const gate = isFront ? 'refused' : state
      const sentence = sentencePattern(states[gate]?.sentences ?? [], `${gates.url}/gate/${gate}`)
      const aim = isFront
        ? { index: gates.index(gate).replace(gates.url, front.url), authorities: front.authorities }
        : { index: gates.index(gate) }
      const sha256s = bothOf(world.newest[states[gate]?.edition ?? 'honest']).map(({ sha256 }) => sha256)
      const { cell, output } = await observe(asked, { installer, aim, sha256s, sentence })
      expect(cell, output).toBe(expected)
    },
  )

  it('and nothing passes it by: no upstream is asked by a client', () => {
    const agents = [...upstreams.values()].flatMap(({ asked }) =>
      asked.map(({ headers }) => String(headers['user-agent'])),
    )
    expect(agents.length).toBeGreaterThan(0)
    expect(agents.filter((agent) => /pip|uv|poetry|pdm|hatch|python/i.test(agent))).toEqual([])
  })
})

async function startState({ offers, isHtml = false, isDead = false }: GateState): Promise<GateUpstream> {
  const upstream = await startGateUpstream(offers)
  upstream.manner.onlyHtml = isHtml
  if (isDead) await upstream.kill()
  return upstream
}
