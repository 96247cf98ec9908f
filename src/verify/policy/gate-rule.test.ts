import { describe, expect, it } from 'vitest'
import { utf8, type WheelsealError } from '../../base/index.ts'
import type { Identity } from '../../identity/index.ts'
import { isAllowed } from '../identity/check-identity.ts'
import { policyForFile, readPolicy, type PolicyFile } from '../index.ts'

const DAY_MS = 86_400_000
const IDENTITY = `
[[rules.any_of]]
issuer = "https://gitlab.example.com"
project = "acme/demo"
refs = ["refs/heads/main"]
`
const RULE = 'version = 1\n[[rules]]\nnames = ["demo"]\n'
const UNLISTED = 'version = 1\n[unlisted]\n'
const read = (toml: string): Promise<PolicyFile> => readPolicy(utf8(toml), 'p.toml')

async function refusalOf(toml: string): Promise<string> {
  const error = await read(toml).catch((thrown: unknown) => thrown as WheelsealError)
  expect(error).toMatchObject({ code: 'verify.policy-file', exit: 2 })
  return (error as WheelsealError).message
}

describe('what a rule asks at a gate', () => {
  it('is a seal, of all files, at once, where a rule says nothing of it', async () => {
    expect((await read(RULE + IDENTITY)).gateRuleFor('Demo')).toMatchObject({
      policy: { rule: 'rule 1 of p.toml (name demo)', anyOf: [expect.anything()] },
      unsigned: 'refuse',
      learns: false,
      cooldownMs: 0,
      settleMs: 30 * DAY_MS,
      lateMs: 14 * DAY_MS,
      partial: 'refuse',
      gone: 'refuse',
    })
  })

  it('is what it says, in days and hours', async () => {
    const keys =
      'unsigned = "never-sealed"\nlearn = true\ncooldown = "12h"\nsettle = "60d"\nlate = "1d"\ngone = "serve"\n'
    expect((await read(UNLISTED + keys)).gateRuleFor('any')).toEqual({
      policy: { anyOf: [], requires: [], rule: '[unlisted] of p.toml' },
      unsigned: 'never-sealed',
      learns: true,
      cooldownMs: DAY_MS / 2,
      settleMs: 60 * DAY_MS,
      lateMs: DAY_MS,
      partial: 'sealed-only',
      gone: 'serve',
    })
  })

  it('leaves out the unsealed files of a sealed release where they are not refused anyway', async () => {
    const partialOf = async (keys: string): Promise<unknown> =>
      (await read(UNLISTED + keys)).gateRuleFor('any')?.partial
    expect(await partialOf('unsigned = "allow"')).toBe('sealed-only')
    expect(await partialOf('unsigned = "allow"\npartial = "allow"')).toBe('allow')
    expect(await partialOf('learn = true')).toBe('refuse')
    expect(await partialOf('learn = true\npartial = "sealed-only"')).toBe('sealed-only')
  })

  it('is nothing for a name that no rule lists', async () => {
    const file = await read(`${RULE}${IDENTITY}\n[[rules]]\nprefixes = ["acme-"]\n${IDENTITY}`)
    expect(file.gateRuleFor('other')).toBeUndefined()
    expect(['demo', 'acme-x', 'other'].map((name) => file.listingOf(name))).toEqual([
      'name',
      'prefix',
      'none',
    ])
    expect((await read(`${UNLISTED}learn = true`)).listingOf('other')).toBe('unlisted')
    expect(file.contents).toEqual({ ruleCount: 2, names: ['demo'], prefixes: ['acme-'], hasUnlisted: false })
  })

  it.each(['learn = true', 'unsigned = "allow"'])(
    'of nobody, %s, accepts no file without a gate, whatever its name and signer',
    async (keys) => {
      const file = await read(`${RULE}${keys}\n[unlisted]\n${keys}`)
      for (const name of ['demo-1.0.tar.gz', 'other-1.0.tar.gz']) {
        const policy = policyForFile(name, file)
        expect(policy.refusal).toMatch(/^(rule 1|\[unlisted\]) of p\.toml.* has no any_of, and only a gate/)
        expect(isAllowed({} as Identity, policy)).toBe(false)
      }
      expect(file.gateRuleFor('demo')?.policy).not.toHaveProperty('refusal')
    },
  )

  it('changes nothing for who verifies without a gate, where the rule lists signers', async () => {
    const keys = 'learn = true\nunsigned = "allow"\ncooldown = "1d"\n'
    const [plain, more] = [await read(RULE + IDENTITY), await read(RULE + keys + IDENTITY)]
    expect(more.policyFor('demo')).toEqual(plain.policyFor('demo'))
  })

  it.each([
    ['unsigned = "no"', '4: rules[1].unsigned must be one of "refuse", "never-sealed", "allow"'],
    ['learn = false', '4: rules[1].learn must be true'],
    ['cooldown = "7 days"', '4: rules[1].cooldown must be a number of days or hours'],
    ['cooldown = 7', '4: rules[1].cooldown must be a string'],
    ['cooldown = "0d"', '4: rules[1].cooldown must be a number of days'],
    ['cooldown = "07d"', '4: rules[1].cooldown must be a number of days'],
    ['late = "1001d"', '4: rules[1].late must be at most "1000d"'],
    ['late = "24001h"', '4: rules[1].late must be at most "1000d"'],
    ['cooldown = "7d"\nsettle = "7d"', '5: rules[1].settle must be longer than cooldown'],
    ['cooldown = "48h"\nsettle = "1d"', '5: rules[1].settle must be longer than cooldown'],
    ['cooldown = "30d"', '4: rules[1].cooldown must be shorter than settle, which is "30d"'],
    ['partial = "some"', '4: rules[1].partial must be one of'],
    ['gone = true', '4: rules[1].gone must be one of'],
    ['partial = "allow"', '4: rules[1].partial must not be "allow" where unsigned is "refuse"'],
    ['keep = "7d"', '4: rules[1].keep is not a known key'],
  ])('is refused by its line: %s', async (keys, words) => {
    expect(await refusalOf(`${RULE}${keys}\n${IDENTITY}`)).toContain(`p.toml:${words}`)
  })

  it('is refused by its line in [unlisted] too', async () => {
    expect(await refusalOf(`${UNLISTED}unsigned = "never-sealed"`)).toContain(
      'p.toml:2: unlisted.any_of is missing',
    )
    expect(await refusalOf(`${UNLISTED}learn = true\ncooldown = "40d"`)).toContain(
      'p.toml:4: unlisted.cooldown',
    )
    expect(await refusalOf(`${UNLISTED}names = ["x"]`)).toContain(
      'p.toml:3: unlisted.names is not a known key',
    )
  })
})
