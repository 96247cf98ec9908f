import { baseErrors, utf8Decode, WheelsealError } from '../../../base/index.ts'
import { lockErrors } from './errors.ts'
import { LOCK_LIMITS, type Lock, type LockFormat } from './lock.ts'
import { readPdmLock } from './pdm-lock.ts'
import { readPoetryLock } from './poetry-lock.ts'
import { readPylock } from './pylock.ts'
import { readRequirements } from './requirements.ts'
import { malformed, parseTomlLock, requireCount, type TomlLock } from './toml-lock.ts'
import { readUvLock } from './uv-lock.ts'

export interface LockText {
  /** As people gave it, for errors; its last part says the format. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** Throws `lock.unknown`, `lock.version`, `lock.malformed`, `base.too-large`. */
export function readLock({ path, bytes }: LockText): Lock {
  const format = lockFormat(path)
  if (format === undefined)
    throw lockErrors('lock.unknown', `${path} has the name of no lock that is read here`)
  const text = lockText({ path, bytes })
  const lock =
    format === 'requirements' ? readRequirements(path, text) : READERS[format](parseTomlLock(path, text))
  const files = lock.distributions.reduce((count, one) => count + one.files.length, 0)
  requireCount(path, files, { limit: LOCK_LIMITS.maxFiles, what: 'files' })
  return lock
}

const READERS: Readonly<Record<Exclude<LockFormat, 'requirements'>, (lock: TomlLock) => Lock>> = {
  pylock: readPylock,
  uv: readUvLock,
  poetry: readPoetryLock,
  pdm: readPdmLock,
}

/** By the last part of its path; `-` is what `pip freeze` prints. Undefined for none that is read here. */
export function lockFormat(path: string): LockFormat | undefined {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  // PEP 751, "File name": one word may stand in the middle.
  if (/^pylock(?:\.[^.]+)?\.toml$/.test(name)) return 'pylock'
  const tool = /^(uv|poetry|pdm)(?:\.[^.]+)?\.lock$/.exec(name)?.[1]
  if (tool !== undefined) return tool as LockFormat
  return name === '-' || /\.(?:txt|in)$/.test(name) ? 'requirements' : undefined
}

/** Throws `base.too-large`, `lock.malformed`. */
export function lockText({ path, bytes }: LockText): string {
  if (bytes.length > LOCK_LIMITS.maxBytes)
    throw baseErrors(
      'base.too-large',
      `${path} has ${bytes.length} bytes; the limit is ${LOCK_LIMITS.maxBytes}`,
    )
  try {
    return utf8Decode(bytes)
  } catch (error) {
    if (error instanceof WheelsealError || error instanceof TypeError)
      throw malformed(path, 1, 'it is not UTF-8')
    throw error
  }
}
