import { bytesEqual, utf8, WheelsealError } from '../../base/index.ts'
import type { KeyIndex, LogFiles, TreeHead } from '../files.ts'
import { createLog, openLog, type LogParts, type TransparencyLog } from '../log.ts'
import { createMemoryIndex, type MemoryIndex } from './memory-index.ts'
import { createSimDisk, type Chance, type SimDisk } from './sim-disk.ts'

/** What a variant does to the disk before the log sees it; the identity for the protocol as it is. */
export type Variant = (files: LogFiles) => LogFiles

const GEOMETRY = { tileHeight: 2, segmentBytes: 700 }
const MAX_LIVES = 3
const MAX_APPENDS = 40
const MAX_OPERATIONS = 160
const MAX_STARVED = 40
const MAX_TURNS = 5000

interface Acknowledged {
  readonly leaf: Uint8Array
  readonly index: number
}

interface World {
  readonly chance: Chance
  readonly variant: Variant
  readonly acknowledged: Acknowledged[]
  readonly published: TreeHead[]
  index: MemoryIndex
  disk: SimDisk
}

/** One history of appends and crashes; why it is wrong, or undefined. The same seed gives the same history. */
export async function runSchedule(seed: number, variant: Variant): Promise<string | undefined> {
  const world: World = {
    chance: chanceOf(seed),
    variant,
    acknowledged: [],
    published: [],
    index: createMemoryIndex(),
    disk: createSimDisk(),
  }
  try {
    await createLog(partsOf(world), { leaf: utf8('genesis') })
    const lives = 1 + world.chance.below(MAX_LIVES)
    for (let life = 0; life < lives; life += 1) await live(world, life)
    return await judge(world)
  } catch (error) {
    return String(error)
  }
}

function partsOf({ disk, index, variant }: World): LogParts {
  const clock = { nowMs: () => 1000, sleep: async () => undefined }
  const add: KeyIndex['add'] = async (rows, mark) => {
    if (disk.isStarving()) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    return index.add(rows, mark)
  }
  return { files: variant(disk), index: { ...index, add }, clock, geometry: GEOMETRY }
}

/**
 * Opens, appends in groups, may run out of space and descriptors for a while, and loses power somewhere. Any other error
 * before that moment is a fault of the log.
 */
async function live(world: World, life: number): Promise<void> {
  const { chance, disk } = world
  const stop = disk.operations() + 1 + chance.below(MAX_OPERATIONS)
  disk.crashAt(stop)
  try {
    const log = await openLog(partsOf(world))
    const from = disk.operations() + 1 + chance.below(MAX_OPERATIONS)
    if (chance.below(2) === 0) disk.starve({ from, until: from + chance.below(MAX_STARVED) }, chance)
    const count = chance.below(MAX_APPENDS)
    for (let at = 0; at < count;) at += await appendGroup(world, log, `${life}/${at}`)
    await appendAtLast(world, log, `${life}/at last`)
    if (chance.below(2) === 0) await log.close()
  } catch (error) {
    if (disk.operations() < stop) throw error
  }
  world.disk = disk.crash(chance)
  world.index = world.index.crashed(chance.below(3))
}

async function appendGroup(
  { chance, acknowledged, published }: World,
  log: TransparencyLog,
  name: string,
): Promise<number> {
  const size = 1 + chance.below(6)
  const append = async (at: number): Promise<void> => {
    const leaf = utf8(`leaf ${name}/${at} ${'x'.repeat(chance.below(60))}`)
    const made = await log.append({ leaf }).catch(undefinedWhenStarved)
    published.push(await log.head())
    if (made !== undefined) acknowledged.push({ leaf, index: made.index })
  }
  await Promise.all(Array.from({ length: size }, (_, at) => append(at)))
  return size
}

function undefinedWhenStarved(error: unknown): undefined {
  if (error instanceof WheelsealError && ['log.full', 'log.descriptors'].includes(error.code))
    return undefined
  throw error
}

/** A shortage is over after so many operations, and a log that opens again by itself uses some each time. */
async function appendAtLast(
  { acknowledged, disk }: World,
  log: TransparencyLog,
  name: string,
): Promise<void> {
  const leaf = utf8(`leaf ${name}`)
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const made = await log.append({ leaf }).catch(undefinedWhenStarved)
    if (made !== undefined) return void acknowledged.push({ leaf, index: made.index })
    // Uses up what is left of the shortage, as any other work would.
    if (log.refusal() === undefined) await disk.size('created').catch(() => undefined)
    else await Promise.resolve()
  }
  throw new Error(`the log does not open again: ${log.refusal()}`)
}

/** Power is back for good: I1, I2 and a whole tree. */
async function judge(world: World): Promise<string | undefined> {
  const log = await openLog(partsOf(world))
  for (const { leaf, index } of world.acknowledged) {
    const entry = await log.entry(index)
    if (entry === undefined || !bytesEqual(entry.leaf, leaf)) return `acknowledged entry ${index} is lost`
  }
  for (const { size, root } of world.published) {
    const head = await log.headAt(size)
    if (!bytesEqual(head.root, root)) return `the published head of ${size} entries had a different root hash`
  }
  // Behind what recovery writes again.
  await log.append({ leaf: utf8('one more') })
  await log.close()
  const { problems } = await (await openLog(partsOf(world))).check()
  return problems[0]
}

/** A small generator with a known seed (mulberry32). */
function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  return {
    below: (limit) => {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
    },
  }
}
