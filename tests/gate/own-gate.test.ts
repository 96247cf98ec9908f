import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gateStates } from '../support/gate-states.ts'
import { startGateUpstream, type GateUpstream } from '../support/gate-upstream.ts'
import { makeWorld, type World } from '../support/gate-world.ts'
import { runProgram, wheelseal, type Outcome } from '../support/program.ts'

describe('why and audit without a gate that runs', () => {
  let world: World
  let upstream: GateUpstream
  beforeAll(async () => {
    world = await makeWorld()
    const { refused } = gateStates(world)
    upstream = await startGateUpstream(refused?.offers)
    await writeFile(join(world.folder, 'policy.toml'), refused?.policy ?? '')
    await writeFile(join(world.folder, 'requirements.txt'), 'demo==1.1\n')
  })
  afterAll(async () => {
    await upstream.close()
    await world.close()
  })

  function asks(...args: readonly string[]): Promise<Outcome> {
    const flags = [
      '--upstream',
      upstream.url,
      '--policy',
      'policy.toml',
      '--trust',
      world.signers.trustedRoot,
    ]
    return runProgram([wheelseal, ...args, ...flags], { cwd: world.folder })
  }

  it('judge with a gate of their own', async () => {
    const refused = await asks('why', 'demo==2.0')
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('/mallory/demo') })
    expect(await asks('why', 'demo==1.1')).toMatchObject({ code: 0 })
    const audited = await asks('audit', 'requirements.txt')
    expect(audited.stdout).toContain('audited 1 distribution')
  })

  it('do not take a gate that runs too, nor an index without a policy', async () => {
    const both = await asks('why', 'demo==2.0', '--gate', 'http://127.0.0.1:1/gate/prod')
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('cli.gate-flags') })
    const half = await runProgram([wheelseal, 'why', 'demo==2.0', '--upstream', upstream.url], {
      cwd: world.folder,
    })
    expect(half).toMatchObject({ code: 2, stderr: expect.stringContaining('cli.gate-flags') })
  })
})
