import { describe, expect, it } from 'vitest'
import type { Spawn } from '../../base/index.ts'
import { checkRequirements } from './requirements.ts'

/** A machine on which the programs named fail or are not there. */
function machine(...broken: string[]): { spawn: Spawn; env: Record<string, string> } {
  const run: Spawn['run'] = async ({ argv }) => {
    if (broken.includes(argv[0])) throw new Error('ENOENT')
    const isBroken = broken.some((word) => argv.includes(word))
    return { exitCode: isBroken ? 1 : 0, signal: null }
  }
  return { spawn: { run }, env: {} }
}

describe('checkRequirements', () => {
  it('passes a machine that has everything', async () => {
    await expect(checkRequirements(machine())).resolves.toBeUndefined()
  })

  it('names everything that is missing at once', async () => {
    const check = checkRequirements(machine('git', 'curl', 'python3'))
    await expect(check).rejects.toMatchObject({ code: 'client.missing' })
    await expect(checkRequirements(machine('git', 'curl', 'python3'))).rejects.toThrow(
      /git; curl; Python 3\.9/,
    )
  })

  it('names the package index when pip cannot download from it', async () => {
    await expect(checkRequirements(machine('download'))).rejects.toThrow('package index')
  })
})
