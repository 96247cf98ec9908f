import { expect, it } from 'vitest'
import type { Spawn } from '../../base/index.ts'
import { runBounded } from './run-bounded.ts'

const never = new AbortController().signal
const command = { argv: ['client'], env: {} } as const

function saying(text: string, exitCode: number): Spawn {
  return {
    run: async ({ onOutput }) => {
      for (let at = 0; at < text.length; at += 1000)
        onOutput?.(Buffer.from(text.slice(at, at + 1000)), 'stderr')
      return { exitCode, signal: null }
    },
  }
}

it('keeps the end of what was printed, without tokens', async () => {
  const jwt = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.cc`
  const text = `${'x'.repeat(200_000)}\nthe end ${jwt}\n`
  const { outcome, output } = await runBounded(command, {
    spawn: saying(text, 1),
    signal: never,
    limitMs: 60_000,
  })
  expect(outcome).toBe('failed')
  expect(output.length).toBeLessThanOrEqual(64 << 10)
  expect(output.endsWith('the end [masked id token]\n')).toBe(true)
})

it('ends what does not end', async () => {
  const spawn: Spawn = {
    run: ({ signal }) =>
      new Promise((resolve) => {
        signal?.addEventListener('abort', () => resolve({ exitCode: null, signal: 'SIGTERM' }))
      }),
  }
  expect(await runBounded(command, { spawn, signal: never, limitMs: 1 })).toMatchObject({
    outcome: 'timed out',
  })
})

it('says why a program did not start', async () => {
  const spawn: Spawn = { run: () => Promise.reject(new Error('ENOENT')) }
  const ran = await runBounded(command, { spawn, signal: never, limitMs: 60_000 })
  expect(ran).toEqual({ outcome: 'not started', output: 'ENOENT' })
})

it('throws when everything is stopped', async () => {
  const spawn: Spawn = { run: async () => ({ exitCode: null, signal: 'SIGTERM' }) }
  const signal = AbortSignal.abort(new Error('stopped by the user'))
  await expect(runBounded(command, { spawn, signal, limitMs: 60_000 })).rejects.toThrow('stopped by the user')
})
