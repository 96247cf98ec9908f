import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chmod, lstat, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { systemCosignIo } from './index.ts'

const program = `
  const { systemCosignIo } = require(process.argv[1])
  const { readFileSync } = require('node:fs')
  const before = readFileSync('/proc/self/cmdline', 'utf8')
  systemCosignIo().hideArguments()
  console.log(JSON.stringify([before, readFileSync('/proc/self/cmdline', 'utf8')]))
`

it.runIf(existsSync('/proc/self/cmdline'))('takes a raw token out of the process list', () => {
  const index = join(import.meta.dirname, 'index.ts')
  const argv = ['-e', program, index, '--identity-token', 'the.raw.token']
  const output = execFileSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  const [before, after] = JSON.parse(output.toString()) as [string, string]
  expect(before).toContain('the.raw.token')
  expect(after.replaceAll('\0', '')).toBe('cosign')
})

describe('outputs', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wheelseal-outputs-'))
  })
  afterEach(() => rm(folder, { recursive: true }))
  const at = (name: string): string => join(folder, name)
  const write = (...names: readonly string[]): Promise<void> =>
    systemCosignIo().writeOutputs(names.map((name) => ({ path: at(name), bytes: utf8('new') })))
  const modeOf = async (name: string): Promise<number> => (await lstat(at(name))).mode & 0o777

  it('are for their owner alone, but for files that were there', async () => {
    await writeFile(at('old'), 'old')
    await chmod(at('old'), 0o664)
    await write('fresh', 'old')
    expect([await modeOf('fresh'), await modeOf('old')]).toEqual([0o600, 0o664])
    expect(await readFile(at('old'), 'utf8')).toBe('new')
  })

  it('go through a link', async () => {
    await writeFile(at('place'), 'old')
    await symlink('place', at('link'))
    await write('link')
    expect(await readFile(at('place'), 'utf8')).toBe('new')
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true)
  })

  it('leave a device where it is', async () => {
    await systemCosignIo().writeOutputs([{ path: '/dev/null', bytes: utf8('new') }])
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true)
  })

  it('are all written or none', async () => {
    await writeFile(at('old'), 'old')
    await expect(write('old', 'absent/x')).rejects.toMatchObject({ code: 'client.sign-write' })
    expect(await readFile(at('old'), 'utf8')).toBe('old')
  })
})
