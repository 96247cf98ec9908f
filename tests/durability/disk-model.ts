import { dirname } from 'node:path'
import type { Call } from './trace.ts'

/** Shared memory between processes, and a lock that holds nothing: SQLite makes them anew after a crash. */
const VOLATILE = /-shm$|\/lock\.db$/

interface Disk {
  /** Below it is what is looked at. */
  readonly root: string
  readonly existing: Set<string>
  /** Written since their last sync. */
  readonly dirty: Set<string>
  /** Given since the last sync of their folder. */
  readonly named: Set<string>
  readonly problems: string[]
}

/** What was not durable when it was acknowledged, or had no durable bytes when it got its name; nothing when all was. */
export function unsynced(
  calls: readonly Call[],
  { root, run }: { root: string; run: string },
): readonly string[] {
  const disk: Disk = { root, existing: new Set(), dirty: new Set(), named: new Set(), problems: [] }
  for (const call of calls) {
    const [acknowledgedRun, what = ''] = call.path.split('/', 2)
    if (call.name !== 'acknowledge') follow(disk, call)
    else if (acknowledgedRun === run) acknowledge(disk, what)
  }
  return disk.problems
}

/** How often was something acknowledged. */
export function acknowledgements(calls: readonly Call[], run: string): number {
  return calls.filter(({ name, path }) => name === 'acknowledge' && path.startsWith(`${run}/`)).length
}

function acknowledge({ dirty, named, problems }: Disk, what: string): void {
  for (const path of dirty) problems.push(`${what}: the bytes of ${path} are not synced`)
  for (const path of named) problems.push(`${what}: the name of ${path} is not synced`)
}

type Step = (disk: Disk, call: Call) => void

const STEPS: readonly (readonly [RegExp, Step])[] = [
  [/^(?:open|creat)/, (disk, { path, args }) => opened(disk, path, args)],
  [/write|ftruncate/, (disk, { path }) => touch(disk, path)],
  [/^f(?:data)?sync$/, (disk, { path }) => synced(disk, path)],
  [/^(?:rename|link)/, (disk, { args }) => renamed(disk, quotedIn(args))],
  [/^mkdir/, (disk, { args }) => give(disk, quotedIn(args)[0] ?? '')],
  [/^(?:unlink|rmdir)/, (disk, { args }) => forget(disk, quotedIn(args)[0] ?? '')],
]

function follow(disk: Disk, call: Call): void {
  STEPS.find(([name]) => name.test(call.name))?.[1](disk, call)
}

function isBelow({ root }: Disk, path: string): boolean {
  return path.startsWith(`${root}/`) && !VOLATILE.test(path)
}

function opened(disk: Disk, path: string, flags: string): void {
  if (!flags.includes('O_CREAT') && !flags.includes('O_TRUNC')) return
  const isNew = !disk.existing.has(path)
  if (isNew) give(disk, path)
  if (isNew || flags.includes('O_TRUNC')) touch(disk, path)
}

function give(disk: Disk, path: string): void {
  if (!isBelow(disk, path)) return
  disk.existing.add(path)
  disk.named.add(path)
}

function touch(disk: Disk, path: string): void {
  if (isBelow(disk, path)) disk.dirty.add(path)
}

function synced({ dirty, named }: Disk, path: string): void {
  dirty.delete(path)
  for (const one of named) if (dirname(one) === path) named.delete(one)
}

function renamed(disk: Disk, [from = '', to = '']: readonly string[]): void {
  if (disk.dirty.has(from)) disk.problems.push(`${to} got its name before its bytes were synced`)
  forget(disk, from)
  forget(disk, to)
  give(disk, to)
}

/** A restore that a crash brings back is finished by clearing the folder. */
const GONE_FOR_GOOD = /\/restoring$/

/** That a name is gone need not be durable, with that one exception: nobody minds what a crash brings back. */
function forget({ existing, dirty, named }: Disk, path: string): void {
  for (const set of [existing, dirty, named]) set.delete(path)
  if (GONE_FOR_GOOD.test(path)) named.add(path)
}

function quotedIn(args: string): readonly string[] {
  return [...args.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text)
}
