/**
 * `node bench/fill.ts DATA SIZE`: appends entries to the Rekor log of a data directory, of which no server may run,
 * until it has SIZE. Uses the log's own `append` in big concurrent batches. The leaves have the size and shape of real
 * ones; their signatures are random bytes, because reading by index looks at none.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openLog } from '../src/log/index.ts'
import { searchKeysOf } from '../src/trust/rekor/index.ts'
import { systemClock } from '../src/host/index.ts'
import { hashedRekordBody } from '../src/formats/sigstore/index.ts'
import { certificatePem } from '../src/formats/x509/index.ts'
import { createLogFiles } from '../src/storage/folder/index.ts'
import { createKeyIndex, keyIndexMigrations } from '../src/storage/sql/index.ts'
import { lockDirectory, openDatabase } from '../src/storage/sqlite/index.ts'

const BATCH = 4096
const CERTIFICATE_BYTES = 800

export async function fill(data: string, size: number): Promise<void> {
  const lock = lockDirectory(data)
  const folder = join(data, 'logs', 'rekor')
  const database = await openDatabase(join(folder, 'index.db'), keyIndexMigrations)
  try {
    const log = await openLog({
      files: createLogFiles(folder),
      index: createKeyIndex(database),
      clock: systemClock,
      keysOf: searchKeysOf,
    })
    for (let at = (await log.head()).size; at < size;) {
      const count = Math.min(BATCH, size - at)
      await Promise.all(Array.from({ length: count }, () => log.append({ leaf: newLeaf() })))
      at += count
    }
    await log.close()
  } finally {
    await database.destroy()
    lock.release()
  }
}

function newLeaf(): Uint8Array {
  return hashedRekordBody({
    algorithm: 'sha256',
    digest: new Uint8Array(randomBytes(32)),
    signature: new Uint8Array(randomBytes(71)),
    publicKeyPem: certificatePem(new Uint8Array(randomBytes(CERTIFICATE_BYTES))),
  })
}

if (process.argv[1] === import.meta.filename) {
  const [, , data = '', size = ''] = process.argv
  await fill(data, Number(size))
}
