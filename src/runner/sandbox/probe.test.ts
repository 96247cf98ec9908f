import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Spawn } from '../../base/index.ts'
import { systemSpawn } from '../../host/index.ts'
import { probeSandbox } from './probe.ts'

let work: string
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'ws-probe-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

const host = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }

/** As a machine on which an administrator has switched off user namespaces. */
const SWITCHED_OFF = join(import.meta.dirname, '../../../tests/support/without-namespaces.py')
const withoutNamespaces: Spawn = {
  run: (command) =>
    systemSpawn.run({ ...command, argv: ['/usr/bin/python3', SWITCHED_OFF, ...command.argv] }),
}

describe('whether jobs can have a sandbox', () => {
  it('is told by entering one, which leaves nothing', async () => {
    expect(await probeSandbox({ spawn: systemSpawn, host, work })).toEqual({ isAvailable: true })
    expect(readdirSync(work)).toEqual([])
  })

  it('is refused by the step that fails, where user namespaces are switched off', async () => {
    const probe = await probeSandbox({ spawn: withoutNamespaces, host, work })
    expect(probe).toMatchObject({
      isAvailable: false,
      step: 'user namespace',
      why: expect.stringMatching(/^the kernel allows no more of them, .*\(No space left on device\)$/),
      hint: expect.stringContaining('user.max_user_namespaces'),
    })
    expect(readdirSync(work)).toEqual([])
  })

  it('is refused without a Python', async () => {
    const noPython: Spawn = { run: () => Promise.resolve({ exitCode: 127, signal: null }) }
    const probe = await probeSandbox({ spawn: noPython, host: { PATH: '/nonexistent' }, work })
    expect(probe).toMatchObject({ isAvailable: false, step: 'python' })
  })
})
