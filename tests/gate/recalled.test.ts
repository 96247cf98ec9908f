import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownAddress } from '../../src/host/arrange.ts'
import { cellOf } from '../support/gate-cells.ts'
import { startGateServer, type GateServer } from '../support/gate-server.ts'
import { sentencePattern, signedByStranger } from '../support/gate-states.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { bothOf, EXPECTED, makeWorld, STRANGER, type World } from '../support/gate-world.ts'
import { everyInstaller, newConsumer, type Consumer, type Way } from '../support/installers.ts'
import { present } from '../support/judges.ts'
import { readRows, type Row } from './matrix-table.ts'
import { RECALLED } from './recalled-table.ts'

const isAll = process.env['WHEELSEAL_MATRIX'] === 'all'
const rows = readRows(RECALLED).filter(({ isCore, expected }) => expected !== '-' && (isAll || isCore))
const ROW_MS = 120_000
const STATES = ['recalled', 'dropped', 'dead']

/** What is asked for, and the ways: first while it is allowed, then when it is not. */
const ASKED: Readonly<Record<string, readonly [string, readonly Way[], Way]>> = {
  pin: ['demo==2.0', ['install'], 'install'],
  range: ['demo', ['install'], 'install'],
  hash: ['demo==2.0', ['hash'], 'hash'],
  sync: ['demo', ['lock', 'sync'], 'sync'],
}

describe.runIf(present(...everyInstaller))('what a gate has served and refuses since', () => {
  let world: World
  let gates: GateServer
  const upstreams = new Map<string, GateUpstream>()
  const consumers = new Map<Row, Consumer>()
  const sentences: Record<string, readonly string[]> = { dead: [] }

  beforeAll(async () => {
    world = await makeWorld()
    for (const name of STATES) upstreams.set(name, await startGateUpstream(signedByStranger(world).offers))
    const either = world.policy({ projects: [EXPECTED, STRANGER] })
    gates = await startGateServer({
      folder: join(world.folder, 'gates'),
      address: await ownAddress(),
      trustedRoot: world.signers.trustedRoot,
      gates: STATES.map((name) => ({ name, policy: either, upstreamUrl: upstreams.get(name)?.url ?? '' })),
    })
    for (const row of rows) consumers.set(row, await served(row))
    await gates.changePolicy('recalled', world.policy({}))
    sentences['recalled'] = signedByStranger(world).sentences
    await gates.changePolicy('dropped', world.policy({ names: ['needs-demo'] }))
    sentences['dropped'] = ['demo', 'demo 2.0'].map(
      (what) => `refused (gate.unlisted): ${what}: no rule of policy.toml lists it`,
    )
    await upstreams.get('dead')?.kill()
  }, rows.length * 10_000)
  afterAll(async () => {
    await gates.stop()
    for (const upstream of upstreams.values()) await upstream.close()
    await world.close()
  })

  /** The client has installed it, and has it in its caches. */
  async function served({ state, asked, installer }: Row): Promise<Consumer> {
    const [requirement, before] = of(asked)
    const sha256s = bothOf(world.newest.strange).map(({ sha256 }) => sha256)
    const aim = { index: gates.index(state) }
    const consumer = await newConsumer({ installer, aim, wanted: { requirement, sha256s } })
    for (const way of before) {
      const outcome = await consumer.run(way)
      const cell = await cellOf(outcome, { place: consumer.place, sentence: /(?!)/ })
      expect(cell, outcome?.output).toBe('2.0')
    }
    return consumer
  }

  it.each(rows)('$client, $asked of what is $state: $expected', { timeout: ROW_MS }, async (row) => {
    const { state, asked, expected } = row
    const consumer = consumers.get(row)
    if (consumer === undefined) throw new Error('nobody was served')
    if (asked.endsWith('-cold')) await rm(consumer.place.home, { recursive: true })
    const outcome = await consumer.run(of(asked)[2])
    const sentence = sentencePattern(sentences[state] ?? [], `${gates.url}/gate/${state}`)
    expect(await cellOf(outcome, { place: consumer.place, sentence }), outcome?.output).toBe(expected)
    await consumer.place.remove()
  })
})

function of(asked: string): readonly [string, readonly Way[], Way] {
  const found = ASKED[asked.replace(/-(?:warm|cold)$/, '')]
  if (found === undefined) throw new Error(`no such way: ${asked}`)
  return found
}
