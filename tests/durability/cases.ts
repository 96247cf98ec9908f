/**
 * Everything that keeps bytes on a disk, used as its services use it. What was done when `acknowledge` is called must be
 * durable by then; run-case.ts does it under strace, and durability.test.ts judges the system calls. An adapter to come
 * gets a case here: the test names every module that syncs and is in none.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { digestOf, placeTogether } from '../../src/client/build/place.ts'
import { writeTogether } from '../../src/client/sign/write-together.ts'
import { readCapped, utf8 } from '../../src/base/index.ts'
import {
  makeFolder,
  openStaging,
  silentLog,
  syncFolder,
  systemClock,
  systemEntropy,
  systemFiles,
} from '../../src/host/index.ts'
import { createLog, openLog } from '../../src/log/index.ts'
import { makeBackup } from '../../src/server/backup/backup.ts'
import { copyFile, copyFolder, putInPlace } from '../../src/server/backup/copy.ts'
import { restoreBackup } from '../../src/server/backup/restore.ts'
import {
  createFileCache,
  createFolderTufRepository,
  createFolderTraces,
  createLogFiles,
  openFolderBlobs,
  traceFile,
} from '../../src/storage/folder/index.ts'
import { createKeyIndex, keyIndexMigrations, migrations } from '../../src/storage/sql/index.ts'
import { openDatabase } from '../../src/storage/sqlite/index.ts'

export interface DurabilityCase {
  /** Below src/. */
  readonly covers: readonly string[]
  /** The whole of it is tried, and not without each sync: the crash simulator judges those, or the cases of its parts. */
  readonly isSimulated?: true
  /** In an empty folder. */
  run(folder: string, acknowledge: (what: string) => void): Promise<void>
}

async function* body(text: string): AsyncGenerator<Uint8Array> {
  yield utf8(text)
}

/** As whoever was killed before the sync leaves it: there, and not durable. */
function leave(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Beside the folder of the case, where nobody asks what is durable. */
function beside(folder: string, files: Readonly<Record<string, string>>): string {
  const source = `${folder}-source`
  for (const [name, text] of Object.entries(files)) leave(join(source, name), text)
  return source
}

export const CASES: Readonly<Record<string, DurabilityCase>> = {
  'log files': {
    covers: ['storage/folder/log-files.ts'],
    run: async (folder, acknowledge) => {
      const files = createLogFiles(folder)
      await files.makeFolder('tile/0/x001')
      acknowledge('makeFolder')
      const file = await files.create('tile/0/x001/000.tmp')
      await file.append(utf8('one'))
      await file.sync()
      await files.syncFolder('tile/0/x001')
      acknowledge('sync and syncFolder')
      await file.append(utf8('two'))
      await file.sync()
      acknowledge('a second sync')
      await file.close()
      await files.rename('tile/0/x001/000.tmp', 'tile/0/x001/000')
      await files.syncFolder('tile/0/x001')
      acknowledge('rename')
    },
  },
  'a log': {
    covers: ['log/write-new.ts', 'log/wal.ts', 'log/recover.ts', 'log/bundle-files.ts', 'log/sequencer.ts'],
    isSimulated: true,
    run: async (folder, acknowledge) => {
      const index = { mark: async () => 0, add: async () => undefined, find: async () => [] }
      const clock = { nowMs: () => 1000, sleep: async () => undefined }
      const geometry = { tileHeight: 2, segmentBytes: 500 }
      const parts = { files: createLogFiles(folder), index, clock, geometry }
      await createLog(parts, { leaf: utf8('genesis') })
      acknowledge('createLog')
      const log = await openLog(parts)
      acknowledge('openLog')
      await log.append({ leaf: utf8('a') })
      acknowledge('append')
      for (let at = 0; at < 20; at += 1) await log.append({ leaf: utf8(`leaf ${at}`) })
      await log.close()
      acknowledge('bundles, tiles and a new segment')
    },
  },
  blobs: {
    covers: ['storage/folder/blobs.ts'],
    run: async (folder, acknowledge) => {
      const blobs = await openFolderBlobs(join(folder, 'blobs'), { entropy: systemEntropy, log: silentLog })
      acknowledge('openFolderBlobs')
      const first = await blobs.stage(body('one'), 10)
      await first.commit()
      acknowledge('commit')
      const second = await blobs.stage(body('two'), 10)
      leave(join(folder, 'blobs/sha256', second.sha256.slice(0, 2), second.sha256.slice(2)), 'two')
      await second.commit()
      acknowledge('commit of bytes that stood there, not synced')
    },
  },
  'files that a gate keeps': {
    covers: [
      'storage/folder/file-cache.ts',
      'storage/folder/file-cache-folder.ts',
      'storage/folder/file-cache-incoming.ts',
    ],
    run: async (folder, acknowledge) => {
      const cache = join(folder, 'gate/files')
      const parts = { folder: cache, maxBytes: 5, clock: systemClock, entropy: systemEntropy, log: silentLog }
      await createFileCache(parts)
      acknowledge('createFileCache')
      mkdirSync(join(cache, '2c'))
      const files = await createFileCache(parts)
      acknowledge('a folder that stood there, not synced')
      const keep = async (text: string): Promise<void> => {
        const incoming = await files.begin()
        await incoming.write(utf8(text))
        await incoming.commit()
        acknowledge(`commit: ${text}`)
      }
      await keep('hello')
      await keep('one')
    },
  },
  traces: {
    covers: ['storage/folder/traces.ts'],
    run: async (folder, acknowledge) => {
      const traces = createFolderTraces(folder)
      await traces.append(3001, 0, utf8('one'))
      acknowledge('the first part of a log')
      await traces.append(3001, 3, utf8('two'))
      acknowledge('the second')
      mkdirSync(join(folder, '4'))
      await traces.append(4001, 0, utf8('one'))
      acknowledge('a log in a folder that stood there, not synced')
      writeFileSync(traceFile(folder, 3001), 'three', { flag: 'a' })
      await traces.append(3001, 3, utf8('two'))
      acknowledge('the size of what stood there, not synced')
    },
  },
  'TUF repository': {
    covers: ['storage/folder/tuf-repository.ts'],
    run: async (folder, acknowledge) => {
      const repository = createFolderTufRepository(folder)
      await repository.write('timestamp.json', utf8('one'))
      acknowledge('a file')
      await repository.write('targets/a.pem', utf8('one'))
      acknowledge('a file below targets')
      await repository.write('timestamp.json', utf8('two'))
      acknowledge('the same file again')
    },
  },
  'files of the host': {
    covers: ['host/durable.ts', 'host/files.ts'],
    run: async (folder, acknowledge) => {
      await systemFiles.writeAtomic(join(folder, 'a.json'), utf8('one'))
      acknowledge('a new file')
      await systemFiles.writeAtomic(join(folder, 'a.json'), utf8('two'))
      acknowledge('another one in its place')
    },
  },
  'a release that is fetched': {
    covers: ['host/staging.ts'],
    run: async (folder, acknowledge) => {
      const fetched = async (text: string, out: string): Promise<void> => {
        const staging = await openStaging(out)
        await readCapped(staging.through('a.whl', body(text)), 100)
        await staging.write('a.whl.sig', utf8(text))
        await staging.place(['a.whl.sig', 'a.whl'])
        acknowledge(`both files: ${text}`)
        await staging.end()
      }
      await fetched('one', join(folder, 'dist', 'wheels'))
      await fetched('two', join(folder, 'dist', 'wheels'))
      await fetched('three', join(folder, 'new'))
    },
  },
  'a release that is built': {
    covers: ['client/build/place.ts'],
    run: async (folder, acknowledge) => {
      const source = beside(folder, { 'a.tar.gz': 'one', 'a.whl': 'two' })
      const built = async (fileName: string) => {
        const path = join(source, fileName)
        return { kind: 'wheel' as const, fileName, path, ...(await digestOf(path)) }
      }
      const [sdist, wheel] = [await built('a.tar.gz'), await built('a.whl')]
      await placeTogether([sdist], join(folder, 'new'))
      acknowledge('a file in a new folder')
      await placeTogether([sdist, wheel], relative('.', join(folder, 'dist/of/builds')))
      acknowledge('both, three folders deep')
      await placeTogether([wheel], join(folder, 'new'))
      acknowledge('one beside another')
    },
  },
  'a backup, by its parts': {
    covers: ['server/backup/copy.ts'],
    run: async (folder, acknowledge) => {
      const source = beside(folder, { 'a/one': '1', 'a/b/two': '2', 'a/b/c/three': '3', four: '4' })
      await copyFolder(join(source, 'a'), join(folder, 'a'))
      await copyFile(join(source, 'four'), join(folder, 'four'))
      await syncFolder(folder)
      acknowledge('folders in folders, and a file')
      leave(join(source, 'a/one'), 'another')
      await copyFolder(join(source, 'a'), join(folder, 'a'))
      acknowledge('again, over the first')
      leave(join(folder, 'five.copying'), 'whole')
      await putInPlace(join(folder, 'five.copying'), join(folder, 'five'), folder)
      acknowledge('a file that was whole, and not durable')
    },
  },
  'a backup and a restore': {
    covers: ['server/backup/backup.ts', 'server/backup/restore.ts'],
    isSimulated: true,
    run: async (folder, acknowledge) => {
      const text = { 'keys/a.pem': 'key', 'traces/3/3001': 'line', 'wheelseal.toml': '' }
      const instance = { format: 2, url: 'http://127.0.0.1:7711', rekorTreeId: '1', createdAtMs: 1000 }
      const data = beside(folder, { ...text, 'instance.json': JSON.stringify(instance) })
      await (await openDatabase(join(data, 'wheelseal.db'), migrations)).destroy()
      await makeBackup({ data, to: join(folder, 'backup') })
      acknowledge('a backup')
      await makeBackup({ data, to: join(folder, 'backup') })
      acknowledge('it, brought up to date')
      await restoreBackup({ from: join(folder, 'backup'), data: join(folder, 'restored') })
      acknowledge('a restore')
    },
  },
  'signatures that are written together': {
    covers: ['client/sign/write-together.ts'],
    run: async (folder, acknowledge) => {
      await makeFolder(join(folder, 'dist'))
      acknowledge('the folder')
      const pair = (text: string) =>
        ['sig', 'crt'].map((ending) => [join(folder, `dist/a.${ending}`), utf8(text)] as const)
      await writeTogether([pair('one')])
      acknowledge('a pair')
      await writeTogether([pair('two'), [[join(folder, 'b.json'), utf8('two')]]])
      acknowledge('another one in its place, and a file elsewhere')
    },
  },
  sqlite: {
    covers: ['storage/sqlite/database.ts', 'storage/sqlite/dialect.ts', 'storage/sql/key-index.ts'],
    run: async (folder, acknowledge) => {
      const database = await openDatabase(join(folder, 'index.db'), keyIndexMigrations)
      acknowledge('the schema')
      const index = createKeyIndex(database)
      for (let at = 1; at <= 3; at += 1) {
        await index.add([{ key: new Uint8Array(16).fill(at), index: at }], at)
        acknowledge(`transaction ${at}`)
      }
      await database.destroy()
    },
  },
}
