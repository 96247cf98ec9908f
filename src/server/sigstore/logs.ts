import { join } from 'node:path'
import { reworded, sha256Hex, WheelsealError, type Clock, type Log } from '../../base/index.ts'
import { spkiOf } from '../../formats/x509/index.ts'
import {
  createLog,
  frozenLog,
  inspectLog,
  lostLog,
  openLog,
  type KeyIndex,
  type LogCheck,
  type LogParts,
  type TransparencyLog,
} from '../../log/index.ts'
import { makeFolder } from '../../host/index.ts'
import { createLogFiles, openAnchorFile, type AnchorFile, type Reserve } from '../../storage/folder/index.ts'
import { createKeyIndex, keyIndexMigrations, type Database } from '../../storage/sql/index.ts'
import { openDatabase, openUnchanged } from '../../storage/sqlite/index.ts'
import { ctGenesis, ctKeysOf } from '../../trust/ct/index.ts'
import { originOf, rekorGenesis, searchKeysOf } from '../../trust/rekor/index.ts'
import type { Instance } from '../data/data-directory.ts'
import type { InstanceKeys } from '../keys/keys.ts'

/** The two logs of an instance. */
export interface Logs {
  readonly ct: TransparencyLog
  readonly rekor: TransparencyLog
  /** Derives both anew from what is on disk. */
  check(): Promise<Readonly<Record<LogName, LogCheck>>>
  /** Those that have entries and had no head in the anchor: nothing would have shown that they went back. */
  readonly withoutAnchor: readonly LogName[]
  close(): Promise<void>
}

export type LogName = 'ct' | 'rekor'

export interface LogsParts {
  /** The data directory. */
  readonly path: string
  /** Where the newest heads are kept, outside of the data directory. */
  readonly anchorPath: string
  readonly instance: Pick<Instance, 'url' | 'rekorTreeId'>
  readonly keys: Pick<InstanceKeys, 'ct' | 'rekor' | 'chain'>
  readonly clock: Clock
  /** Why the clock must not be believed at the moment, in words. */
  readonly doubt?: (() => string | undefined) | undefined
  /** What new entries must leave free on the disk. */
  readonly reserve?: Reserve | undefined
  /** The directory was restored from a backup: without a head in the anchor, nothing shows that the logs are the newest. */
  readonly isRestored?: boolean
}

/** Both logs of a new instance, each with its genesis entry. */
export async function createLogs({
  path,
  instance,
  keys,
  clock,
}: Omit<LogsParts, 'anchorPath'>): Promise<void> {
  const [, root] = keys.chain
  const genesis = {
    ct: ctGenesis(root, clock.nowMs()),
    rekor: { leaf: rekorGenesis({ key: keys.rekor, ...rekorNames(instance) }) },
  }
  for (const name of ['ct', 'rekor'] as const) {
    const { parts, database } = await openParts({ path, clock }, name)
    try {
      await createLog(parts, genesis[name])
    } finally {
      await database.destroy()
    }
  }
}

/** How Rekor calls its tree: in entries, in checkpoints, and in the anchor. */
export function rekorNames({ url, rekorTreeId }: LogsParts['instance']): { name: string; treeId: bigint } {
  return { name: new URL(url).hostname, treeId: BigInt(rekorTreeId) }
}

/** Throws `log.missing`, `log.corrupt`, `storage.anchor`. */
export async function openLogs(parts: LogsParts): Promise<Logs> {
  const anchors = await openAnchorFile(parts.anchorPath)
  const opened: OpenLog[] = []
  const close = async (): Promise<void> => {
    for (const one of opened) await one.close()
    await anchors.close()
  }
  const open = async (name: LogName): Promise<TransparencyLog> => {
    const one = await openOne(parts, name, anchors)
    opened.push(one)
    return one.log
  }
  try {
    const [ct, rekor] = [await open('ct'), await open('rekor')]
    const withoutAnchor = opened.flatMap(({ name, lacksAnchor }) => (lacksAnchor ? [name] : []))
    return {
      ct,
      rekor,
      withoutAnchor,
      close,
      check: async () => ({ ct: await ct.check(), rekor: await rekor.check() }),
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Of an instance that was restored from a backup, to which nobody has brought its logs. */
export function lostLogs(): Logs {
  const [ct, rekor] = [lostLog(), lostLog()]
  return {
    ct,
    rekor,
    withoutAnchor: [],
    close: async () => undefined,
    check: async () => ({ ct: await ct.check(), rekor: await rekor.check() }),
  }
}

/** Both logs as their files lie there, for a directory that no server uses. Changes nothing. */
export async function inspectLogs(path: string): Promise<Readonly<Record<LogName, LogCheck>>> {
  return { ct: await inspectOne(path, 'ct'), rekor: await inspectOne(path, 'rekor') }
}

async function inspectOne(path: string, name: LogName): Promise<LogCheck> {
  const folder = join(path, 'logs', name)
  const files = createLogFiles(folder)
  let database: Database | undefined
  try {
    database = await openUnchanged(join(folder, 'index.db'))
    const index = database === undefined ? NO_INDEX : createKeyIndex(database)
    return await inspectLog({ files, index, keysOf: keysOf(name) })
  } catch (error) {
    // Only the index can have failed: the check itself throws nothing.
    return inspectLog({ files, index: unreadable(error), keysOf: keysOf(name) })
  } finally {
    await database?.destroy()
  }
}

/** The next start makes it from the log. */
const NO_INDEX: KeyIndex = { mark: async () => 0, add: async () => undefined, find: async () => [] }

function unreadable(cause: unknown): KeyIndex {
  const fail = (): Promise<never> => Promise.reject(cause)
  return { mark: fail, add: fail, find: fail }
}

function keysOf(name: LogName): NonNullable<LogParts['keysOf']> {
  return name === 'ct' ? ctKeysOf : searchKeysOf
}

/** The first entry is made with the log. */
const SIZE_AT_BIRTH = 1

interface OpenLog {
  readonly name: LogName
  readonly log: TransparencyLog
  readonly lacksAnchor: boolean
  close(): Promise<void>
}

async function openOne(all: LogsParts, name: LogName, anchors: AnchorFile): Promise<OpenLog> {
  const { parts, database } = await openParts(all, name)
  try {
    const anchor = anchorOf(all, name, anchors)
    const known = await anchor.newest()
    const isUnproven = known === undefined && all.isRestored === true
    const log = await openLog({ ...parts, doubt: all.doubt, ...(isUnproven ? {} : { anchor }) })
    const lacksAnchor = known === undefined && !isUnproven && (await log.head()).size > SIZE_AT_BIRTH
    return {
      name,
      log: isUnproven ? frozenLog(log, unproven(all)) : sparing(log, all.reserve),
      lacksAnchor,
      close: async () => {
        await log.close()
        await database.destroy()
      },
    }
  } catch (error) {
    await database.destroy()
    throw inFolder(error, join(all.path, 'logs', name))
  }
}

function unproven({ anchorPath }: LogsParts): string {
  return `the data directory was restored from a backup, and the anchor file ${anchorPath} has no tree head of this log, so entries may be missing; start with --anchor FILE, the file that the lost server kept`
}

/** Takes no new entry out of the reserve, from which a batch, a bundle or a segment under way is finished. */
function sparing(log: TransparencyLog, reserve: Reserve | undefined): TransparencyLog {
  if (reserve === undefined) return log
  return {
    ...log,
    append: async (entry) => {
      // Step 2 of docs/design/log.md, before an entry may wait.
      await reserve.check()
      return log.append(entry)
    },
  }
}

/** The room of the log knows no folder; an operator needs it. */
function inFolder(error: unknown, folder: string): unknown {
  if (!(error instanceof WheelsealError) || !error.code.startsWith('log.')) return error
  return reworded(error, { fact: `${folder}: ${error.message}` })
}

function anchorOf({ instance, keys }: LogsParts, name: LogName, anchors: AnchorFile) {
  return name === 'ct'
    ? anchors.anchor(0, `ct ${sha256Hex(spkiOf(keys.ct))}`)
    : anchors.anchor(1, originOf(rekorNames(instance)))
}

async function openParts(
  { path, clock }: Pick<LogsParts, 'path' | 'clock'>,
  name: LogName,
): Promise<{ parts: LogParts; database: Database }> {
  const folder = join(path, 'logs', name)
  await makeFolder(folder)
  const database = await openDatabase(join(folder, 'index.db'), keyIndexMigrations, {
    hint: 'remove it while no server runs: the next start rebuilds it from the log',
  })
  const parts = { files: createLogFiles(folder), index: createKeyIndex(database), clock }
  return { parts: { ...parts, keysOf: keysOf(name) }, database }
}

/** It may be an honest move to another machine: whoever runs the server knows, and must be told. */
export function sayLostAnchor({ withoutAnchor }: Logs, anchor: string, log: Log): void {
  if (withoutAnchor.length === 0) return
  const reason = new Error(
    `${anchor} has no tree head of ${withoutAnchor.join(' and ')} and is created anew, so a data directory restored from an older state would not be noticed; compare the logs with a client that saw a newer tree head`,
  )
  log.failure('log.anchor-lost', reason, { anchor })
}
