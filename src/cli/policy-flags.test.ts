import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { policyPlanOf, type Surroundings } from './policy-flags.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-policy-flags-'))
  await mkdir(join(folder, 'project', 'etc'), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

function outputOf(
  policy: string,
  { from, flags = {} }: { readonly from?: string; readonly flags?: object } = {},
) {
  const source = from ?? join(folder, 'project', 'wheelseal.toml')
  const settings = [{ policy: { value: join(folder, 'project', policy), from: source } }]
  return policyPlanOf(['a-1.0.tar.gz'], flags, { settings, env: {} } as unknown as Surroundings)
}

describe('the policy file of the settings', () => {
  it('is written where it is below the folder of the settings', async () => {
    const { plan } = await outputOf('etc/policy.toml')
    expect(plan.output).toBe(join(folder, 'project', 'etc', 'policy.toml'))
  })

  it.each(['../policy.toml', 'link/policy.toml', 'file.toml'])(
    'is not written elsewhere: %s',
    async (policy) => {
      await symlink('..', join(folder, 'project', 'link'))
      await symlink('/etc/hostname', join(folder, 'project', 'file.toml'))
      await expect(outputOf(policy)).rejects.toMatchObject({
        message: expect.stringContaining('outside of its folder'),
        exit: 2,
      })
      const flags = { output: join(folder, 'other.toml') }
      expect((await outputOf(policy, { flags })).plan.output).toBe(flags.output)
    },
  )

  it('is wherever the environment of the user says', async () => {
    const { plan } = await outputOf('../policy.toml', { from: 'WHEELSEAL_POLICY' })
    expect(plan.output).toBe(join(folder, 'policy.toml'))
  })
})
