import { describe, expect, it } from 'vitest'
import { runProgram, wheelseal } from '../support/program.ts'

describe('the exit code', () => {
  it.each([
    ['an unknown command', ['nonsense'], 2],
    ['an unknown flag', ['up', '--nonsense'], 2],
    ['a flag without its value', ['up', '--listen'], 2],
    ['an address that is none', ['up', '--listen', 'x'], 2],
    ['help', ['--help'], 0],
    ['an unknown flag of the cosign face, as of cosign', ['cosign', 'verify-blob', '--nonsense'], 1],
  ])('of %s', async (_what, args, code) => {
    const outcome = await runProgram([wheelseal, ...args])
    expect(outcome.code, outcome.stderr).toBe(code)
    if (code !== 0) expect(outcome.stderr).not.toBe('')
  })

  it('comes with an object of fact and hint where JSON was asked for', async () => {
    const { code, stdout } = await runProgram([wheelseal, 'up', '--listen', 'x', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'server.listen-address',
        message: expect.stringContaining('x'),
        hint: expect.stringMatching(/\S/),
      },
    })
  })

  it('is the same for a reader that goes away', async () => {
    const shell = `${wheelseal} verify --json a b; echo $? >&2`
    const { stdout, stderr } = await runProgram(['bash', '-c', `{ ${shell}; } | true`])
    expect([stdout, stderr.split('\n').at(-2)]).toEqual(['', '2'])
    expect(stderr).not.toContain('EPIPE')
  })
})
