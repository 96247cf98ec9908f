import { describe, expect, it } from 'vitest'
import { signBlobFlags, verifyBlobFlags, type CommandFlags } from './flag-table.ts'
import { parseArguments, type Arguments } from './flag-values.ts'

const parse = (
  argv: string[],
  env: Record<string, string> = {},
  table: CommandFlags = signBlobFlags,
): Arguments => parseArguments(argv, table, env)

describe('parseArguments', () => {
  it('takes flags and files in any order, both spellings, and the last of a flag', () => {
    const given = parse(['a', '--rekor-url', 'u1', '--rekor-url=u2=x', '-y', 'b', '--', '--c'])
    expect(given.operands).toEqual(['a', 'b', '--c'])
    expect(given.texts.get('rekor-url')).toBe('u2=x')
    expect(given.switches.get('yes') === true).toBe(true)
  })

  it.each([
    [['--yes'], true],
    [['--yes=true'], true],
    [['--yes=T'], true],
    [['--yes=false'], false],
    [['--yes', '--yes=0'], false],
    [[], false],
  ])('reads the switch in %j as %s', (argv, isOn) => {
    expect(parse(argv).switches.get('yes') === true).toBe(isOn)
  })

  it('does not take a word after a switch for its value', () => {
    expect(parse(['--yes', 'false']).operands).toEqual(['false'])
  })

  it.each([
    [{ COSIGN_YES: 'true' }, true],
    [{ COSIGN_YES: '1' }, true],
    [{ COSIGN_YES: 'false' }, false],
    [{ COSIGN_YES: 'maybe' }, false],
    [{ COSIGN_YES: '' }, false],
    [{ COSIGN_EXPERIMENTAL: '1', COSIGN_PASSWORD: 'x', COSIGN_REPOSITORY: 'y' }, false],
  ])('reads the variables %j', (env, isOn) => {
    expect(parse([], env as Record<string, string>).switches.get('yes') === true).toBe(isOn)
  })

  it('prefers a flag to its variable, also an empty one', () => {
    const env = { COSIGN_REKOR_URL: 'variable' }
    expect(parse([], env).texts.get('rekor-url')).toBe('variable')
    expect(parse(['--rekor-url=flag'], env).texts.get('rekor-url')).toBe('flag')
    expect(parse(['--rekor-url='], env).texts.get('rekor-url')).toBe('')
    expect(parse(['--yes=false'], { COSIGN_YES: 'true' }).switches.get('yes') === true).toBe(false)
  })

  it('knows the old names', () => {
    const given = parse(['--cert', 'c', '--cert-identity=i'], {}, verifyBlobFlags)
    expect([given.texts.get('certificate'), given.texts.get('certificate-identity')]).toEqual(['c', 'i'])
  })

  it.each([
    [['--bogus'], 'cosign.unknown-flag', '--bogus'],
    [['--bogus=hidden'], 'cosign.unknown-flag', '--bogus'],
    [['-x'], 'cosign.unknown-flag', '-x'],
    [['--key', 'k'], 'cosign.unsupported-flag', '--key'],
    [['--insecure-skip-verify'], 'cosign.insecure-flag', '--insecure-skip-verify'],
    [['--insecure-anything=false'], 'cosign.insecure-flag', '--insecure-anything'],
    [['--yes=maybe'], 'cosign.usage', '--yes'],
    [['--rekor-url'], 'cosign.usage', '--rekor-url'],
    [['--identity-token', '--output-signature', 'x'], 'cosign.usage', '--output-signature'],
    [['--constructor'], 'cosign.unknown-flag', '--constructor'],
  ])('refuses %j by name', (argv, code, name) => {
    expect(() => parse(argv)).toThrow(expect.objectContaining({ code }))
    expect(() => parse(argv)).toThrow(name)
    expect(() => parse(argv)).not.toThrow('hidden')
  })

  it.each([
    [{ COSIGN_KEY: 'k' }, 'cosign.unsupported-flag', 'COSIGN_KEY'],
    [{ COSIGN_INSECURE_IGNORE_TLOG: 'true' }, 'cosign.insecure-flag', 'COSIGN_INSECURE_IGNORE_TLOG'],
    [{ COSIGN_PRIVATE_INFRASTRUCTURE: 'true' }, 'cosign.insecure-flag', 'COSIGN_PRIVATE_INFRASTRUCTURE'],
  ])(
    'refuses the variable of such a flag, which would change what stock cosign does: %j',
    (env, code, name) => {
      const run = (): Arguments => parse([], env, verifyBlobFlags)
      expect(run).toThrow(expect.objectContaining({ code }))
      expect(run).toThrow(name)
    },
  )

  it('hears a call for help, and as pflag does only where all flags can be read', () => {
    expect(parse(['--help', '--yes']).asksForHelp).toBe(true)
    expect(parse(['-h', '--', '-x']).asksForHelp).toBe(true)
    expect(() => parse(['--help', '--bogus'])).toThrow('--bogus')
  })
})
