import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utf8, type LogLevel } from '../base/index.ts'
import {
  createCommandInput,
  jsonLog,
  readKeyFile,
  systemFiles,
  systemSpawn,
  userFolders,
  writeKeyFile,
} from './index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-host-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('systemFiles', () => {
  it('writes a whole file with its mode and leaves nothing else', async () => {
    const path = join(folder, 'written', 'x')
    await expect(systemFiles.writeAtomic(path, utf8('x'))).rejects.toMatchObject({ code: 'host.file' })
    await systemFiles.writeAtomic(join(folder, 'x'), utf8('one'), 0o600)
    await systemFiles.writeAtomic(join(folder, 'x'), utf8('two'), 0o600)
    expect(await readFile(join(folder, 'x'), 'utf8')).toBe('two')
    expect((await stat(join(folder, 'x'))).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['x'])
  })

  it.each([
    ['that wait on a thread', systemFiles],
    ['that wait', createCommandInput().files],
  ])('are read up to a cap, and named when they are missing: those %s', async (_which, files) => {
    const four = join(folder, 'four')
    await files.writeAtomic(four, utf8('1234'))
    expect(await files.read(four, 4)).toEqual(utf8('1234'))
    await expect(files.read(four, 3)).rejects.toMatchObject({ code: 'base.too-large' })
    await expect(files.read(join(folder, 'none'), 3)).rejects.toThrow(/none: no such file or directory$/)
    await expect(files.read('/dev/zero', 1000)).rejects.toMatchObject({ code: 'base.too-large' })
    expect(await files.read('/dev/null', 0)).toEqual(new Uint8Array())
    // A file without a size that is not empty.
    expect((await files.read('/proc/self/status', 1 << 20)).length).toBeGreaterThan(100)
    expect(await Promise.all([four, join(folder, 'none')].map((path) => files.exists(path)))).toEqual([
      true,
      false,
    ])
    expect(await files.exists('/dev/null')).toBe(true)
    expect(await files.readIfThere(four, 4)).toEqual(utf8('1234'))
    expect(await files.readIfThere(four, 4, 'regular file')).toEqual(utf8('1234'))
    expect(await files.readIfThere('/dev/null', 0)).toEqual(new Uint8Array())
    await expect(files.readIfThere(four, 3)).rejects.toMatchObject({ code: 'base.too-large' })
    await expect(files.readIfThere(folder, 3)).rejects.toMatchObject({ code: 'host.file' })
    for (const path of [join(folder, 'none'), join(four, 'below'), join(folder, 'x'.repeat(300))])
      expect(await files.readIfThere(path, 4)).toBeUndefined()
    for (const path of [folder, '/dev/zero', join(folder, 'none')])
      expect(await files.readIfThere(path, 4, 'regular file')).toBeUndefined()
    const stream = files.stream(join(folder, 'none'))[Symbol.asyncIterator]()
    await expect(stream.next()).rejects.toMatchObject({ code: 'host.file' })
  })
})

describe('a stream', () => {
  it('has every byte of a file of several parts once', async () => {
    const path = join(folder, 'parts')
    const bytes = new Uint8Array(3 << 20).map((_, index) => index % 251)
    await systemFiles.writeAtomic(path, bytes)
    const parts: Uint8Array[] = []
    for await (const part of systemFiles.stream(path)) parts.push(Uint8Array.from(part))
    expect(parts.length).toBeGreaterThan(2)
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  it('may be left before its end, and names what cannot be read', async () => {
    for await (const part of systemFiles.stream('/dev/zero')) {
      expect(part.length).toBeGreaterThan(0)
      break
    }
    const ofFolder = systemFiles.stream(folder)[Symbol.asyncIterator]()
    await expect(ofFolder.next()).rejects.toMatchObject({ code: 'host.file' })
  })
})

describe('key files', () => {
  it('are for their owner only, and refused when others may read them', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const path = join(folder, 'key.pem')
    await writeKeyFile(path, privateKey)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await readKeyFile(path)).equals(privateKey)).toBe(true)
    await chmod(path, 0o640)
    await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'host.key-file' })
  })
})

describe('systemSpawn', () => {
  const env = { PATH: process.env['PATH'] ?? '' }

  it('hands over input, output, exit code and only the environment given', async () => {
    const output: string[] = []
    const onOutput = (chunk: Uint8Array, stream: string): void =>
      void output.push(`${stream}:${Buffer.from(chunk).toString()}`)
    const script = 'cat; echo "$HOME" >&2; exit 3'
    const result = await systemSpawn.run({ argv: ['sh', '-c', script], env, input: utf8('in'), onOutput })
    expect(result).toEqual({ exitCode: 3, signal: null })
    expect(output.toSorted()).toEqual(['stderr:\n', 'stdout:in'])
  })

  it('says which program cannot be started', async () => {
    await expect(systemSpawn.run({ argv: ['no-such-program'], env })).rejects.toThrow(/no-such-program/)
  })

  it('ends the whole group when aborted, also what ignores SIGTERM', async () => {
    const abort = new AbortController()
    const onOutput = (): void => abort.abort()
    const script = "trap '' TERM; sleep 600 & echo started; wait; wait"
    const command = {
      argv: ['bash', '-c', script] as const,
      env,
      onOutput,
      signal: abort.signal,
      graceMs: 50,
    }
    expect(await systemSpawn.run({ ...command, argv: ['bash', '-c', script] })).toMatchObject({
      exitCode: null,
    })
  })
})

describe('jsonLog', () => {
  const logged = async (level: LogLevel): Promise<readonly string[]> => {
    const lines: string[] = []
    const log = await jsonLog((text, done) => done(void lines.push(text)), level)
    for (const severity of ['debug', 'info', 'warn'] as const) log.event(`at.${severity}`, {}, severity)
    log.event('plain')
    log.failure('broken', new Error('x'))
    return lines.map((line) => {
      const { event, level: number } = JSON.parse(line) as { event: string; level: number }
      return `${number} ${event}`
    })
  }

  it.each([
    ['debug', ['20 at.debug', '30 at.info', '40 at.warn', '30 plain', '50 broken']],
    ['info', ['30 at.info', '40 at.warn', '30 plain', '50 broken']],
    ['warn', ['40 at.warn', '50 broken']],
    ['error', ['50 broken']],
  ] as const)('has what is of the level %s or graver', async (level, lines) => {
    expect(await logged(level)).toEqual(lines)
  })
})

describe('userFolders', () => {
  it('follows the XDG variables when they are absolute, else the home folder', () => {
    expect(userFolders({ HOME: '/h', XDG_DATA_HOME: '/d', XDG_CACHE_HOME: 'relative' })).toEqual({
      data: '/d/wheelseal',
      state: '/h/.local/state/wheelseal',
      cache: '/h/.cache/wheelseal',
    })
  })
})
