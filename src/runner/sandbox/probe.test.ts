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

/** As a machine on which an administrator has switched off user namespaces: inside of one that allows no more. */
const SWITCHED_OFF = `
import ctypes, os, sys
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    ctypes.CDLL(None).unshare(0x10000000)
    os.write(ready[1], b".")
    os.read(go[0], 1)
    with open("/proc/sys/user/max_user_namespaces", "w") as file: file.write("0")
    os.execvp(sys.argv[1], sys.argv[1:])
os.read(ready[0], 1)
count = 65536 if os.geteuid() == 0 else 1
open("/proc/%d/setgroups" % child, "w").write("allow" if count > 1 else "deny")
for kind, number in (("uid", os.geteuid()), ("gid", os.getegid())):
    open("/proc/%d/%s_map" % (child, kind), "w").write("0 %d %d" % (number, count))
os.write(go[1], b".")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`
const withoutNamespaces: Spawn = {
  run: (command) =>
    systemSpawn.run({ ...command, argv: ['/usr/bin/python3', '-c', SWITCHED_OFF, ...command.argv] }),
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
      why: 'No space left on device',
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
