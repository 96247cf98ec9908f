import { createHash, randomBytes } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { encodeHex, systemReason, WheelsealError } from '../../base/index.ts'
import { syncMade, withFile } from '../../host/index.ts'
import { packagingErrors } from '../../packaging/index.ts'

export interface BuiltFile {
  readonly kind: 'wheel' | 'sdist'
  readonly fileName: string
  /** Where it was built. */
  readonly path: string
  readonly sha256: string
  readonly sizeBytes: number
}

export async function digestOf(path: string): Promise<Pick<BuiltFile, 'sha256' | 'sizeBytes'>> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const part of createReadStream(path)) {
    hash.update(part as Uint8Array)
    sizeBytes += (part as Uint8Array).length
  }
  return { sha256: encodeHex(hash.digest()), sizeBytes }
}

/**
 * All files or none: each is durable in `folder` under a hidden name before the first gets its own. What has these bytes
 * already stays; nothing is replaced. Throws `packaging.other-bytes-here`, `packaging.output`.
 */
export async function placeTogether(files: readonly BuiltFile[], folder: string): Promise<void> {
  try {
    await placeMissing(await missingOf(files, folder), folder)
  } catch (cause) {
    if (cause instanceof WheelsealError) throw cause
    throw packagingErrors('packaging.output', `${folder}: ${systemReason(cause)}`, { cause })
  }
}

async function placeMissing(missing: readonly BuiltFile[], folder: string): Promise<void> {
  const suffix = randomBytes(6).toString('hex')
  const staged = missing.map((file, index) => ({
    ...file,
    staged: join(folder, `.build-${suffix}-${index}`),
  }))
  try {
    const made = await mkdir(resolve(folder), { recursive: true })
    for (const { path, staged: place } of staged) await copySynced(path, place)
    await nameAll(staged, folder)
    await syncMade(folder, made)
  } finally {
    for (const { staged: place } of staged) await rm(place, { force: true })
  }
}

async function missingOf(files: readonly BuiltFile[], folder: string): Promise<readonly BuiltFile[]> {
  const missing: BuiltFile[] = []
  for (const file of files) {
    const there = await digestOf(join(folder, file.fileName)).catch(absent)
    if (there === undefined) missing.push(file)
    else if (there.sha256 !== file.sha256) throw otherBytes(file, folder, there.sha256)
  }
  return missing
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function otherBytes({ fileName, sha256 }: BuiltFile, folder: string, there: string): Error {
  const fact = `${join(folder, fileName)} has sha256 ${there}, and this build ${sha256}`
  return packagingErrors('packaging.other-bytes-here', fact)
}

async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL)
  await withFile(await open(to, 'r'), (file) => file.sync())
}

interface Staged extends BuiltFile {
  readonly staged: string
}

async function nameAll(files: readonly Staged[], folder: string): Promise<void> {
  const named: string[] = []
  try {
    for (const { staged, fileName } of files) {
      await nameOnce(staged, join(folder, fileName))
      named.push(join(folder, fileName))
    }
  } catch (error) {
    for (const path of named) await rm(path, { force: true })
    throw error
  }
}

/** A link replaces nothing that came in the meantime; some file systems have none. */
async function nameOnce(staged: string, path: string): Promise<void> {
  try {
    await link(staged, path)
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error))) throw error
    await rename(staged, path)
  }
}

const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
