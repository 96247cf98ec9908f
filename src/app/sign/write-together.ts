import { randomBytes } from 'node:crypto'
import { copyFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeError, type Files } from '../../base/index.ts'
import { appSignErrors } from './errors.ts'

export type Output = readonly [path: string, bytes: Uint8Array]

interface Placed {
  readonly path: string
  readonly bytes: Uint8Array
  /** The new file, until it gets its name. */
  readonly staged: string
  /** A copy of the file that was there before. */
  readonly kept: string
}

/**
 * All of them or none: each is durable beside its place before the first gets its name, and when one cannot get its
 * name the files that were there before come back. Throws `app.sign-write`.
 */
export async function writeTogether(outputs: readonly Output[], files: Files): Promise<void> {
  const suffix = randomBytes(6).toString('hex')
  const all = outputs.map((output, at) => placesOf(output, `${suffix}-${at}`))
  try {
    for (const { staged, bytes } of all) await files.writeAtomic(staged, bytes)
    for (const { path, kept } of all) await keep(path, kept)
    await nameAll(all)
  } catch (cause) {
    throw appSignErrors('app.sign-write', describeError(cause), { cause })
  } finally {
    for (const { staged, kept } of all) await removeAll([staged, kept])
  }
}

async function nameAll(all: readonly Placed[]): Promise<void> {
  const named: Placed[] = []
  try {
    for (const one of all) {
      await rename(one.staged, one.path)
      named.push(one)
    }
  } catch (error) {
    for (const { path, kept } of named) await giveBack(path, kept)
    throw error
  }
}

async function giveBack(path: string, kept: string): Promise<void> {
  try {
    await rename(kept, path)
  } catch (error) {
    if (!isMissing(error)) throw error
    await rm(path)
  }
}

/** Nothing to keep is fine. */
async function keep(path: string, kept: string): Promise<void> {
  try {
    await copyFile(path, kept)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true })
}

/** The names are short: that of the file itself may be as long as names can be. */
function placesOf([path, bytes]: Output, id: string): Placed {
  const beside = (ending: string): string => join(dirname(path), `.seal-${id}.${ending}`)
  return { path, bytes, staged: beside('new'), kept: beside('old') }
}
