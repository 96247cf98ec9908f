import { lstatSync, statSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const MAX_FOLDERS = 64
/** Everybody may make files in it, as in /tmp. Without the second bit people share it on purpose, as CI's checkouts. */
const SHARED_MODE = 0o1002

interface Place {
  readonly device: number
  readonly owner: number
  readonly isShared: boolean
}

/**
 * The folders whose files may say how to work in `start`, the nearest first: up to the one with `.git`, or to the
 * home. Ends before a folder of another file system or another owner, and before one such as /tmp: there strangers
 * could lay a file for whoever works below it. Waits: a few calls of microseconds, where a thread costs a millisecond.
 */
export function foldersAbove(start: string, home: string): readonly string[] {
  const [first, last] = [resolve(start), resolve(home)]
  const from = placeOf(first)
  const folders: string[] = []
  for (let folder = first; folders.length < MAX_FOLDERS; folder = dirname(folder)) {
    if (isBorder(placeOf(folder), from)) break
    folders.push(folder)
    if (folder === last || folder === dirname(folder) || isRepository(folder)) break
  }
  return folders
}

function isBorder(place: Place | undefined, from: Place | undefined): boolean {
  if (place === undefined || from === undefined || place.isShared) return true
  return place.device !== from.device || place.owner !== from.owner
}

function placeOf(folder: string): Place | undefined {
  const found = quietly(() => statSync(folder))
  if (found === undefined) return undefined
  const { dev: device, uid: owner, mode } = found
  return { device, owner, isShared: (mode & SHARED_MODE) === SHARED_MODE }
}

/** A file in work trees and submodules. */
function isRepository(folder: string): boolean {
  return quietly(() => lstatSync(join(folder, '.git'))) !== undefined
}

/** What may not be looked at is as if it were not there. */
function quietly(look: () => Stats): Stats | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
