import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { ASKED, cellOf } from '../support/gate-cells.ts'
import { startGateServer, type GateServer, type GateServerOptions } from '../support/gate-server.ts'
import { gateStates, sentencePattern, withOtherEnd, type GateState } from '../support/gate-states.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { bothOf, makeWorld, type World } from '../support/gate-world.ts'
import { everyInstaller, newConsumer, type Consumer } from '../support/installers.ts'
import { present } from '../support/judges.ts'
import { readRows, type Row } from './matrix-table.ts'

/**
 * Who asks first, before anybody knows that the upstream lies. `first`: the client pins the version; then it asks for any.
 * `stream`: it has the address of the file from a hash or a lock, so that the bytes are on their way when they turn out to
 * be others. Words as in matrix-table.ts.
 */
const TABLE = `
state     asked      pip-26.3  pip-23.2  uv        poetry    pdm       pip-tools hatch
digest    first      says/1*   says/1    says/2*   says/1    says/1*   says/1    says/1
metadata  first      says/1    says/1    says/2*   says/1*   says/1*   says/1    says/1
stream    hash       says/1*   fails/1   says/2*   -         -         fails/1   -
stream    sync       says/1    -         says/2    fails/1   says/1*   fails/1   -
`
const isAll = process.env['WHEELSEAL_MATRIX'] === 'all'
const rows = readRows(TABLE).filter(({ isCore, expected }) => expected !== '-' && (isAll || isCore))
const ROW_MS = 120_000
/** Of one server. */
const MAX_GATES = 16

interface Place {
  readonly gate: string
  readonly upstream: GateUpstream
  readonly server: GateServer
}

describe.runIf(present(...everyInstaller))('before a gate knows that its upstream lies', () => {
  let world: World
  let states: Readonly<Record<string, GateState>>
  const places = new Map<Row, Place>()
  const consumers = new Map<Row, Consumer>()
  const servers: GateServer[] = []

  beforeAll(async () => {
    world = await makeWorld()
    states = gateStates(world)
    const streamed = rows.filter(({ state }) => state === 'stream')
    const others = rows.filter(({ state }) => state !== 'stream')
    for (let from = 0; from < others.length; from += MAX_GATES)
      await place(others.slice(from, from + MAX_GATES))
    const { options, server } = await place(streamed)
    for (const row of streamed) consumers.set(row, await locked(row))
    await turn(streamed, { options, server })
  }, rows.length * 10_000)
  afterAll(async () => {
    for (const server of servers) await server.stop()
    for (const { upstream } of places.values()) await upstream.close()
    await world.close()
  })

  /** A gate for each, in front of an index that says what is true but for `digest` and `metadata`. */
  async function place(some: readonly Row[]): Promise<{ options: GateServerOptions; server: GateServer }> {
    const folder = join(world.folder, `gates-${servers.length}`)
    const upstreams: GateUpstream[] = []
    for (const { state } of some)
      upstreams.push(await startGateUpstream(states[state === 'stream' ? 'allowed' : state]?.offers))
    const gates = upstreams.map(({ url }, at) => ({
      name: `g-${at}`,
      policy: world.policy({}),
      upstreamUrl: url,
    }))
    const address = await ownAddress()
    const options = { folder, address, gates, trustedRoot: world.signers.trustedRoot }
    const server = await startGateServer(options)
    servers.push(server)
    for (const [at, row] of some.entries())
      places.set(row, { gate: `g-${at}`, upstream: upstreams[at] as GateUpstream, server })
    return { options, server }
  }

  function placeOf(row: Row): Place {
    const found = places.get(row)
    if (found === undefined) throw new Error('it has no gate')
    return found
  }

  /** With the lock, where it asks by one, and nothing in its caches. */
  async function locked(row: Row): Promise<Consumer> {
    const { gate, server } = placeOf(row)
    const sha256s = bothOf(world.newest.honest).map(({ sha256 }) => sha256)
    const wanted = { requirement: 'demo==2.0', sha256s }
    const consumer = await newConsumer({
      installer: row.installer,
      aim: { index: server.index(gate) },
      wanted,
    })
    if (row.asked !== 'sync') return consumer
    const outcome = await consumer.run('lock')
    expect(outcome?.code, outcome?.output).toBe(0)
    await rm(consumer.place.home, { recursive: true })
    return consumer
  }

  /** The same addresses, a gate that has kept nothing, and upstreams that send other bytes. */
  async function turn(
    streamed: readonly Row[],
    { options, server }: { readonly options: GateServerOptions; readonly server: GateServer },
  ): Promise<void> {
    await server.stop()
    servers.splice(servers.indexOf(server), 1)
    const again = await startGateServer({ ...options, data: join(options.folder, 'new-data') })
    servers.push(again)
    const { wheel } = world.newest.honest
    for (const row of streamed) {
      const { gate, upstream } = placeOf(row)
      upstream.change(wheel.fileName, { sent: withOtherEnd(wheel.bytes) })
      places.set(row, { gate, upstream, server: again })
    }
  }

  function sentenceOf(row: Row): RegExp {
    const { gate, server } = placeOf(row)
    const state = states[row.state === 'stream' ? 'digest' : row.state]
    return sentencePattern(state?.sentences ?? [], `${server.url}/gate/${gate}`)
  }

  it.each(rows.filter(({ state }) => state !== 'stream'))(
    '$client is told that $state is wrong ($expected), and gets the release before when it asks again',
    { timeout: ROW_MS },
    async (row) => {
      const { gate, server } = placeOf(row)
      const aim = { index: server.index(gate) }
      const cells: string[] = []
      for (const asked of ['pin', 'range']) {
        const [way, requirement] = ASKED[asked] ?? ['install', asked]
        const consumer = await newConsumer({ installer: row.installer, aim, wanted: { requirement } })
        const outcome = await consumer.run(way)
        cells.push(await cellOf(outcome, { place: consumer.place, sentence: sentenceOf(row) }))
        await consumer.place.remove()
      }
      expect(cells).toEqual([row.expected, '1.1'])
    },
  )

  it.each(rows.filter(({ state }) => state === 'stream'))(
    '$client, $asked, uses nothing of a file that turns out to be another one: $expected',
    { timeout: ROW_MS },
    async (row) => {
      const consumer = consumers.get(row)
      if (consumer === undefined) throw new Error('it has no project')
      const outcome = await consumer.run(row.asked === 'sync' ? 'sync' : 'hash')
      const cell = await cellOf(outcome, { place: consumer.place, sentence: sentenceOf(row) })
      expect(cell, outcome?.output).toBe(row.expected)
      await consumer.place.remove()
    },
  )
})
