/**
 * A disk that forgets what was not synced, for the tests of the log. Bytes and names live apart, as on a real one: a
 * crash keeps a synced prefix of each file and any part of the rest, torn or full of zeros, and of the changes to
 * names since the last sync of their folder any subset.
 */
import { concatBytes } from '../../base/index.ts'
import type { LogFile, LogFiles } from '../files.ts'

export interface Chance {
  /** An integer from 0 up to `below`, which is left out. */
  below(limit: number): number
}

export interface SimDisk extends LogFiles {
  /** Every operation from now on rejects; then the disk is what a crash left of it. */
  crash(chance: Chance): SimDisk
  /** Rejects the operation with that number and every one after it, as a crash does. */
  crashAt(operation: number): void
  /** About every second operation of these fails, for want of space or of file descriptors; a write may do a part. */
  starve(operations: { readonly from: number; readonly until: number }, chance: Chance): void
  isStarving(): boolean
  operations(): number
}

interface Inode {
  bytes: Uint8Array
  syncedLength: number
  /** A sync of it failed: what it had not made durable counts as clean, and no later sync makes it so. */
  isLost?: boolean
}

interface NameChange {
  readonly path: string
  /** Undefined when the name goes away. */
  readonly inode: Inode | undefined
  /** Both names of one rename belong together. */
  readonly operation: number
}

interface Content {
  /** As everybody sees it. */
  readonly names: Map<string, Inode>
  readonly durable: Map<string, Inode>
  changes: NameChange[]
}

export function createSimDisk(start: ReadonlyMap<string, Inode> = new Map()): SimDisk {
  const content: Content = { names: new Map(start), durable: new Map(start), changes: [] }
  let [count, stopAt] = [0, Number.POSITIVE_INFINITY]
  let fails: (operation: number) => boolean = () => false
  let isStarving: () => boolean = () => false
  const step: Step = async (lacking, part) => {
    const operation = (count += 1)
    // Lets other work come in between, as a real disk does.
    await Promise.resolve()
    if (count >= stopAt) throw new Error('the disk is gone')
    if (lacking === undefined || !fails(operation)) return operation
    part?.()
    throw Object.assign(new Error(`${lacking}: out of it`), { code: lacking, syscall: 'test' })
  }
  return {
    ...reads(content, step),
    ...writes(content, step),
    operations: () => count,
    crashAt: (operation) => void (stopAt = operation),
    starve: ({ from, until }, chance) => {
      isStarving = () => count >= from && count < until
      fails = (operation) => operation >= from && operation < until && chance.below(2) === 0
    },
    isStarving: () => isStarving(),
    crash: (chance) => {
      stopAt = 0
      return createSimDisk(leftOf(content, chance))
    },
  }
}

/** Rejects once the disk is gone, and while it starves what can lack something, after a part; else the operation's number. */
type Step = (lacking?: 'ENOSPC' | 'EMFILE', part?: () => void) => Promise<number>

function reads(content: Content, step: Step): Pick<LogFiles, 'list' | 'read' | 'size'> {
  return {
    list: async (folder) => {
      await step('EMFILE')
      const paths = [...content.names.keys()].filter((path) => folderOf(path) === folder)
      return paths.map((path) => path.slice(path.lastIndexOf('/') + 1))
    },
    read: async (path, offset, length) => {
      await step('EMFILE')
      return inodeOf(content, path).bytes.slice(offset, offset + length)
    },
    size: async (path) => {
      await step()
      return inodeOf(content, path).bytes.length
    },
  }
}

function writes(
  content: Content,
  step: Step,
): Pick<LogFiles, 'create' | 'makeFolder' | 'rename' | 'remove' | 'syncFolder'> {
  return {
    create: async (path) => {
      const operation = await step('EMFILE')
      if (content.names.has(path)) throw new Error(`${path} exists`)
      const inode = { bytes: new Uint8Array(), syncedLength: 0 }
      change(content, { path, inode, operation })
      return openFile(inode, step)
    },
    makeFolder: async () => void (await step('ENOSPC')),
    rename: async (from, to) => {
      const operation = await step('ENOSPC')
      const inode = inodeOf(content, from)
      change(content, { path: from, inode: undefined, operation })
      change(content, { path: to, inode, operation })
    },
    remove: async (path) => {
      const operation = await step()
      if (content.names.has(path)) change(content, { path, inode: undefined, operation })
    },
    syncFolder: async (folder) => {
      await step('EMFILE')
      const isOf = ({ path }: NameChange): boolean => folderOf(path) === folder
      for (const one of content.changes.filter(isOf)) apply(content.durable, one)
      content.changes = content.changes.filter((one) => !isOf(one))
    },
  }
}

function change(content: Content, one: NameChange): void {
  apply(content.names, one)
  content.changes.push(one)
}

function inodeOf({ names }: Content, path: string): Inode {
  const inode = names.get(path)
  if (inode === undefined) throw new Error(`${path}: no such file`)
  return inode
}

function openFile(inode: Inode, step: Step): LogFile {
  return {
    append: async (bytes) => {
      const add = (part: Uint8Array): void => void (inode.bytes = concatBytes(inode.bytes, part))
      await step('ENOSPC', () => add(bytes.subarray(0, bytes.length >> 1)))
      add(bytes)
    },
    sync: async () => {
      const { length } = inode.bytes
      await step('ENOSPC', () => void (inode.isLost = true))
      if (inode.isLost !== true) inode.syncedLength = Math.max(inode.syncedLength, length)
    },
    close: () => Promise.resolve(),
  }
}

function apply(names: Map<string, Inode>, { path, inode }: NameChange): void {
  if (inode === undefined) names.delete(path)
  else names.set(path, inode)
}

function leftOf({ durable, changes }: Content, chance: Chance): Map<string, Inode> {
  const names = new Map(durable)
  const survives = new Map<number, boolean>()
  for (const one of changes) {
    const kept = survives.get(one.operation) ?? chance.below(2) === 0
    survives.set(one.operation, kept)
    if (kept) apply(names, one)
  }
  return new Map([...names].map(([path, inode]) => [path, torn(inode, chance)]))
}

const BLOCK_BYTES = 64

/** What was synced, then a part of what was not: cut anywhere, and any block of it may read as zeros. */
function torn({ bytes, syncedLength }: Inode, chance: Chance): Inode {
  const length = syncedLength + chance.below(bytes.length - syncedLength + 1)
  const left = bytes.slice(0, length)
  for (let at = syncedLength; at < length; at += BLOCK_BYTES)
    if (chance.below(4) === 0) left.fill(0, at, Math.min(length, at + BLOCK_BYTES))
  return { bytes: left, syncedLength: left.length }
}

function folderOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at === -1 ? '.' : path.slice(0, at)
}
