/**
 * What a TUF client persists: a folder for each pair of address and first root, so that nothing is ever trusted under
 * another root than the one that was asked for. Its files are replaced whole; processes that meet there do not see halves.
 */
import { copyFile, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseIsoTime, sha256Hex, utf8 } from '../base/index.ts'
import { repositoryUrl, type TufSource } from './tuf-source.ts'

export const TRUSTED_ROOT = 'trusted_root.json'
const ROOT = 'root.json'
const METADATA = [ROOT, 'targets.json', 'snapshot.json', 'timestamp.json'] as const

export function cacheOf(source: TufSource, cacheFolder: string): string {
  const name = sha256Hex(utf8(`${repositoryUrl(source)}\n${source.firstRootSha256}`)).slice(0, 32)
  return join(cacheFolder, 'tuf', name)
}

/** A folder of this process with what is kept; a kept file that is missing or damaged is fetched again by tuf-js. */
export async function startWork(cache: string, seed: Uint8Array | undefined): Promise<string> {
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(`${cache}.`)
  if (seed !== undefined) await writeFile(join(work, TRUSTED_ROOT), seed)
  for (const name of [...METADATA, TRUSTED_ROOT])
    await copyFile(join(cache, name), join(work, name)).catch(() => undefined)
  return work
}

/** Each file at once or not at all; the root first, since everything else is checked against it. */
export async function keepAll(work: string, cache: string): Promise<void> {
  for (const name of [...METADATA, TRUSTED_ROOT]) await rename(join(work, name), join(cache, name))
}

/**
 * A newer root alone, after an update that failed behind it (TUF §5.3.8): it takes keys away, and must not be forgotten where
 * nothing was found that is signed by the keys that are left. Snapshot and timestamp are not kept then: the kept target
 * would pass for as new as they are.
 */
export async function keepNewerRoot(work: string, cache: string): Promise<void> {
  if ((await rootVersion(work)) > (await rootVersion(cache)))
    await rename(join(work, ROOT), join(cache, ROOT))
}

/** 0 where there is no root that can be read. */
async function rootVersion(folder: string): Promise<number> {
  try {
    const text = await readFile(join(folder, ROOT), 'utf8')
    const { signed } = JSON.parse(text) as { readonly signed: { readonly version: unknown } }
    return typeof signed.version === 'number' ? signed.version : 0
  } catch {
    return 0
  }
}

/** Undefined where there is no timestamp that can be read. */
export async function timestampExpiry(folder: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(folder, 'timestamp.json'), 'utf8')
    const { signed } = JSON.parse(text) as { readonly signed: { readonly expires: string } }
    parseIsoTime(signed.expires)
    return signed.expires
  } catch {
    return undefined
  }
}
