import { expect, it } from 'vitest'
import { utf8, type Command, type Spawn } from '../../base/index.ts'
import { gitIn } from './git.ts'

function printing(chunks: readonly Uint8Array[], exitCode = 0): Spawn & { readonly calls: Command[] } {
  const calls: Command[] = []
  return {
    calls,
    run: async (command) => {
      calls.push(command)
      for (const chunk of chunks) command.onOutput?.(chunk, 'stdout')
      return { exitCode, signal: null }
    },
  }
}

it('refuses an answer of which only a part could be kept: half a list of files is a wrong one', async () => {
  const chunk = new Uint8Array(1 << 20)
  const large = gitIn('/p', printing(Array.from({ length: 33 }, () => chunk)), {})
  await expect(large.run('ls-files')).rejects.toMatchObject({
    code: 'client.git',
    message: expect.stringContaining('prints more than'),
  })
  expect(await large.ask('ls-files')).toBeUndefined()
  const endless = printing(Array.from({ length: 33 }, () => chunk))
  await gitIn('/p', endless, {}).ask('ls-files')
  expect(endless.calls[0]?.signal?.aborted).toBe(true)
})

it('lets no repository start a program, and asks nobody for a password', async () => {
  const spawn = printing([utf8('x\n')])
  expect(await gitIn('/p', spawn, { A: 'b' }).run('status')).toBe('x')
  const [call] = spawn.calls
  expect(call?.argv).toEqual(expect.arrayContaining(['core.hooksPath=/dev/null', 'core.fsmonitor=false']))
  expect(call?.env).toEqual({ A: 'b', GIT_TERMINAL_PROMPT: '0' })
})
