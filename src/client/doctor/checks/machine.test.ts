import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FOLDER, look, shortly, type Machine } from '../arrange.ts'
import { dataCheck } from './data.ts'
import { cosignCheck, executorsCheck, pythonCheck, runtimeCheck } from './machine.ts'

describe('the check of the runtime', () => {
  it.each([
    ['Node 22.22.2', 'ok'],
    ['Node 22.22.1', 'failed'],
    ['Node 23.9.0', 'failed'],
    ['Node 24.15.0', 'ok'],
    ['Node 24.14.9', 'failed'],
    ['Node 26.0.0', 'ok'],
    ['Bun 1.4.5', 'ok'],
    ['Deno 3.0.0', 'failed'],
  ])('of %s is %s', async (runtime, outcome) => {
    expect((await look(runtimeCheck, { io: { runtime } }))[0]?.outcome).toBe(outcome)
  })

  it('demands what package.json does', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../../package.json'), 'utf8')
    expect(JSON.parse(text)).toHaveProperty('engines.node', '^22.22.2 || ^24.15.0 || >=26')
  })
})

/** Programs by their names, with what they print. */
function programs(outputs: Readonly<Record<string, string>>): Machine {
  return {
    io: {
      spawn: {
        run: async ({ argv: [program], onOutput }) => {
          const text = outputs[program]
          if (text === undefined) throw new Error('ENOENT')
          onOutput?.(Buffer.from(text), 'stdout')
          return { exitCode: 0, signal: null }
        },
      },
    },
  }
}

describe('the check of Python', () => {
  const others = { git: 'git version 2', curl: 'curl 8' }

  it.each([
    ['3.11.2 /usr/bin/python3', 'ok Python 3.11.2 with venv and pip: /usr/bin/python3'],
    ['3.8.1 /usr/bin/python3', 'failed python3 is 3.8.1, which is too old'],
    ['Python!', 'failed python3 is not installed, or has no venv and ensurepip'],
  ])('of %s', async (said, expected) => {
    expect(await shortly(pythonCheck, programs({ python3: said, ...others }))).toEqual([expected])
  })

  it('names every program that is missing', async () => {
    expect(await shortly(pythonCheck, programs({}))).toEqual([
      'failed python3 is not installed, or has no venv and ensurepip',
      'warning git is not installed',
      'warning curl is not installed',
    ])
  })
})

describe('the check of cosign', () => {
  const env = { PATH: '/a:/b' }

  it.each([
    ['that is not there', {}, 'skipped cosign is not on the PATH; wheelseal signs and verifies without it'],
    ['that is a program', { '/b/cosign': { ...FOLDER, kind: 'file' as const } }, 'ok cosign is /b/cosign'],
    [
      'that cannot be executed',
      { '/a/cosign': { ...FOLDER, kind: 'file' as const, isExecutable: false } },
      'failed permission denied: /a/cosign cannot be executed by this user',
    ],
    [
      'that is a folder',
      { '/a/cosign': FOLDER, '/b/cosign': { ...FOLDER, kind: 'file' as const } },
      'ok cosign is /b/cosign',
    ],
  ])('finds one %s', async (_what, places, expected) => {
    expect(await shortly(cosignCheck, { env, places })).toEqual([expected])
  })
})

describe('the check of the executors', () => {
  it('names the step that fails, in the words of the system, and what to do', async () => {
    const probe = { isAvailable: false, step: 'user namespace', why: 'EPERM', hint: 'allow them' } as const
    expect(await look(executorsCheck, { io: { probeSandbox: async () => probe } })).toEqual([
      {
        outcome: 'warning',
        fact: "jobs cannot be isolated on this machine: the step 'user namespace' fails: EPERM",
        reason: expect.stringContaining('without isolation'),
        next: 'allow them',
      },
    ])
  })

  it('leaves a job alone', async () => {
    const probeSandbox = (): never => {
      throw new Error('asked')
    }
    expect((await look(executorsCheck, { env: { CI_JOB_ID: '7' }, io: { probeSandbox } }))[0]?.outcome).toBe(
      'skipped',
    )
  })
})

describe('the check of the data directory', () => {
  it.each([
    ['is not there', {}, ['skipped no instance here: /data (default) does not exist']],
    ['is empty', { '/data': FOLDER }, ['skipped no instance here: /data (default) has no instance.json']],
    [
      'has an instance',
      { '/data': FOLDER, '/data/instance.json': FOLDER },
      ['ok data directory /data (default)'],
    ],
    ['is a file', { '/data': { ...FOLDER, kind: 'file' as const } }, ['failed /data is not a folder']],
    [
      'is of a different user',
      { '/data': { ...FOLDER, isWritable: false } },
      ['failed permission denied: this user cannot write to /data'],
    ],
    [
      'cannot be read',
      { '/data': { ...FOLDER, isReadable: false, isWritable: false } },
      ['failed permission denied: this user cannot read /data'],
    ],
    [
      'is open, on a full disk',
      { '/data': { ...FOLDER, mode: 0o755, freeBytes: 2 ** 29 }, '/data/instance.json': FOLDER },
      [
        'warning other users can enter /data (mode 755)',
        'warning only 0.5 GiB are free on the disk of /data',
      ],
    ],
  ])('that %s', async (_what, places, expected) => {
    expect(await shortly(dataCheck, { places })).toEqual(expected)
  })
})
