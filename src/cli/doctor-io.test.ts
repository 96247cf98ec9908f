import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { systemDoctorIo } from './doctor-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'wheelseal-doctor-io-'))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

it('the sandbox is tried in a folder whose name nobody else can have taken', async () => {
  writeFileSync(join(folder, 'wheelseal-doctor'), 'of another user')
  vi.stubEnv('TMPDIR', folder)
  const io = systemDoctorIo({ release: undefined }, { PATH: '/nonexistent' })
  expect(await io.probeSandbox()).toHaveProperty('isAvailable')
})
