import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { acknowledgements, unsynced } from './disk-model.ts'
import { parseTrace, traceCase, type Call } from './trace.ts'

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    const message =
      'SKIPPED, because strace is missing: no sync of an adapter is checked (apt-get install strace)'
    if (process.env['CI'] === 'true') throw new Error(message)
    console.warn(message)
    return false
  }
}

async function traced(name: string): Promise<{ calls: readonly Call[]; root: string }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'wheelseal-durable-')))
  try {
    const root = join(folder, 'runs')
    await mkdir(root)
    return { calls: await traceCase(name, folder), root }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function runsOf(calls: readonly Call[]): readonly string[] {
  const runs = calls.filter(({ name }) => name === 'acknowledge').map(({ path }) => path.split('/')[0] ?? '')
  return [...new Set(runs)]
}

describe.runIf(hasStrace())('by its system calls', () => {
  it.each(Object.entries(CASES))(
    '%s: what is acknowledged is durable, and every sync is needed',
    async (name, { isSimulated }) => {
      const { calls, root } = await traced(name)
      const [whole = '', ...others] = runsOf(calls)
      // SQLite syncs without JavaScript.
      expect(others.length > 0).toBe(isSimulated !== true && name !== 'sqlite')
      expect(whole).toBe('whole')
      expect(acknowledgements(calls, whole)).toBeGreaterThan(1)
      expect(unsynced(calls, { root: join(root, whole), run: whole })).toEqual([])
      const unnoticed = others.filter((run) => unsynced(calls, { root: join(root, run), run }).length === 0)
      expect(unnoticed).toEqual([])
    },
  )
})

const WRITES = /\.(?:data)?sync\(\)|\bfsync\(|\b(?:replaceFile|writeSynced)\(|\bpragma synchronous/

describe('the list of cases', () => {
  it('has every module that syncs or opens a database', async () => {
    const source = join(import.meta.dirname, '../../src')
    const covered = Object.values(CASES).flatMap(({ covers }) => covers)
    const missing: string[] = []
    for (const name of await readdir(source, { recursive: true })) {
      if (!name.endsWith('.ts') || /\.(?:test|contract)\.ts$|arrange\.ts$|crash\//.test(name)) continue
      const text = await readFile(join(source, name), 'utf8')
      if (WRITES.test(text) && !covered.includes(name)) missing.push(name)
    }
    expect(missing).toEqual([])
  })
})

describe('the model of the disk', () => {
  const trace = (...lines: readonly string[]): readonly string[] =>
    unsynced(parseTrace(lines.map((line) => `7 ${line}`).join('\n')), { root: '/d', run: 'r' })
  const made = 'openat(AT_FDCWD</>, "/d/a", O_WRONLY|O_CREAT|O_EXCL, 0600) = 5</d/a>'
  const acknowledged = 'access("/acknowledged/r/it", F_OK) = -1 ENOENT (No such file or directory)'

  it('is content when bytes and names are synced', () => {
    const folder = 'fsync(6</d>) = 0'
    expect(trace(made, 'write(5</d/a>, "x", 1) = 1', 'fdatasync(5</d/a>) = 0', folder, acknowledged)).toEqual(
      [],
    )
  })

  it('names what is not', () => {
    expect(trace(made, acknowledged)).toEqual([
      'it: the bytes of /d/a are not synced',
      'it: the name of /d/a is not synced',
    ])
    const renamed = 'rename("/d/a", "/d/b") = 0'
    expect(trace(made, renamed)).toEqual(['/d/b got its name before its bytes were synced'])
    expect(trace('mkdir("/d/c", 0700) = 0', acknowledged)).toEqual(['it: the name of /d/c is not synced'])
  })

  it('does not take a sync for one that failed, or that has not ended', () => {
    const written = 'write(5</d/a>, "x", 1) = 1'
    const bytes = 'it: the bytes of /d/a are not synced'
    expect(trace(made, written, 'fsync(5</d/a>) = -1 EIO (Input/output error)', acknowledged)).toContain(
      bytes,
    )
    const begun = 'fsync(5</d/a> <unfinished ...>'
    expect(trace(made, written, begun, acknowledged.replace('7 ', '8 '))).toContain(bytes)
  })
})
