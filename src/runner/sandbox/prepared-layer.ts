import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BeforeScript } from '../executor.ts'
import { removeFolder } from '../job/folders.ts'
import type { Variables } from '../job/variables.ts'
import type { Sandbox } from './arrange-sandbox.ts'
import { layerName, times } from './layer-store.ts'

const DPKG_STATUS = '/var/lib/dpkg/status'
const HOUR_MS = 3_600_000
/** From its making, however often it is used: what a before_script installs is renewed, and what is wrong in it goes. */
const MAX_AGE_MS = 7 * 24 * HOUR_MS
const MAX_ALL_BYTES = 8 * 2 ** 30
/** A job may be using it. */
const SPARED_MS = 24 * HOUR_MS
const NAME = /^(prepared-[0-9a-f]+)\.(\d+)$/
const REFERENCE = /\$\{?([A-Za-z_][A-Za-z0-9_]*)/g
/** Of one job, one pipeline or one secret: a layer that names it would never be found again, or would tell of it. */
const OF_THE_JOB = /^CI_(?:JOB|PIPELINE|BUILD|RUNNER|CONCURRENT|NODE)_|TOKEN|PASSWORD|SECRET|_KEY$/

/**
 * Its name says of what and for whom it is: the text of before_script, the variables that this names and those of pip,
 * the image, the packages of the machine, the instance, the project, the ref. A project or a ref never gets another's.
 */
export async function preparedName(
  { machine, image, instance, order }: Sandbox,
  before: BeforeScript,
  variables: Variables,
): Promise<string> {
  const text = before.entries.join('\n')
  const named = [...text.matchAll(REFERENCE)].map(([, name = '']) => name)
  const counted = [...new Set([...named, ...[...variables.keys()].filter((name) => name.startsWith('PIP_'))])]
    .filter((name) => !OF_THE_JOB.test(name))
    .toSorted()
    .map((name) => [name, variables.get(name) ?? order.env[name]])
  return layerName('prepared', [
    instance,
    before.projectId,
    before.ref,
    before.isRefProtected,
    before.entries,
    counted,
    image.local,
    image.python,
    await times([DPKG_STATUS]),
    (await machine.pipConfig()).options,
    await machine.uid(),
  ])
}

/** The layer of that name, unless it is too old; it counts as used now. */
export async function findPrepared(folder: string, name: string): Promise<string | undefined> {
  const found = (await readdir(folder)).find((entry) => NAME.exec(entry)?.[1] === name)
  if (found === undefined) return undefined
  const path = join(folder, found)
  const nowMs = await noteUse(folder, found)
  if (!isOutdated(nowMs - (await madeMs(path)))) return path
  // A job may be using it: it goes when no job can be. The name is free for the next.
  await rename(path, join(await newLayerFolder(folder), 'outdated')).catch(ignoreGone)
  await rm(`${path}.used`, { force: true })
  return undefined
}

/** Another job, which begins at the same time, has put it away. */
function ignoreGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** Nothing in the folder itself changes once it has its name. What is gone was made never. */
async function madeMs(path: string): Promise<number> {
  const found = await stat(path).catch(ignoreGone)
  return found?.mtimeMs ?? -Infinity
}

/** A time that is yet to come says nothing of how old it is. */
function isOutdated(ageMs: number): boolean {
  return Math.abs(ageMs) > MAX_AGE_MS
}

/** A file beside it, whose time is the disk's own; returns that. */
async function noteUse(folder: string, entry: string): Promise<number> {
  const file = join(folder, `${entry}.used`)
  await writeFile(file, '', { mode: 0o600 })
  return (await stat(file)).mtimeMs
}

export async function newLayerFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return mkdtemp(join(folder, 'new-'))
}

/** Where another job has kept the same meanwhile, that one stays. */
export async function keepPrepared(made: string, name: string, bytes: number): Promise<void> {
  const folder = join(made, '..')
  const entry = `${name}.${bytes}`
  if ((await findPrepared(folder, name)) === undefined) await rename(made, join(folder, entry))
  else await removeFolder(made)
  await dropOld(folder, await noteUse(folder, entry))
}

/** Old ones, then the longest unused until the others are not too large together, and what a killed runner has left. */
async function dropOld(folder: string, nowMs: number): Promise<void> {
  const entries = (await readdir(folder)).filter((entry) => NAME.test(entry) || entry.startsWith('new-'))
  const known = await Promise.all(
    entries.map(async (entry) => ({
      path: join(folder, entry),
      isUnfinished: !NAME.test(entry),
      ageMs: nowMs - (await lastUse(folder, entry)),
      isOutdated: isOutdated(nowMs - (await madeMs(join(folder, entry)).catch(() => nowMs))),
      bytes: Number(NAME.exec(entry)?.[2] ?? 0),
    })),
  )
  let all = 0
  for (const layer of known.toSorted((a, b) => a.ageMs - b.ageMs)) {
    const { path, ageMs } = layer
    all += layer.bytes
    const isUnwanted = layer.isUnfinished || layer.isOutdated || all > MAX_ALL_BYTES
    if (!isUnwanted || ageMs <= SPARED_MS) continue
    await removeFolder(path)
    await rm(`${path}.used`, { force: true })
  }
}

async function lastUse(folder: string, entry: string): Promise<number> {
  const used = await stat(join(folder, `${entry}.used`)).catch(() => undefined)
  const made = await stat(join(folder, entry)).catch(() => undefined)
  return (used ?? made)?.mtimeMs ?? Number.POSITIVE_INFINITY
}

export async function dropUnfinished(made: string): Promise<void> {
  await removeFolder(made)
}
