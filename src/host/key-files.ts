import { createPrivateKey, type KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { describeError, utf8, utf8Decode } from '../base/index.ts'
import { hostErrors } from './errors.ts'
import { systemFiles } from './files.ts'

const MAX_KEY_FILE_BYTES = 16 * 1024
const OTHERS = 0o077

/** PKCS #8 PEM, readable by its owner only, durable when it resolves. */
export async function writeKeyFile(path: string, key: KeyObject): Promise<void> {
  const pem = key.export({ type: 'pkcs8', format: 'pem' })
  await systemFiles.writeAtomic(path, utf8(String(pem)), 0o600)
}

/** Throws `host.key-file` when the file is missing, is no private key, or may be read by others. */
export async function readKeyFile(path: string): Promise<KeyObject> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new Error('it is not a file')
    const { mode } = found
    if ((mode & OTHERS) !== 0)
      throw new Error(`it is accessible to other users (mode ${(mode & 0o777).toString(8)})`)
    return parsed(utf8Decode(await systemFiles.read(path, MAX_KEY_FILE_BYTES)))
  } catch (cause) {
    throw hostErrors('host.key-file', `${path}: ${describeError(cause)}`, { cause })
  }
}

function parsed(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new Error('it contains no readable private key', { cause })
  }
}
