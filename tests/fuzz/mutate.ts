import { changeStructure } from './der-tree.ts'
import { sha256, utf8, type JsonValue } from '../../src/base/index.ts'

const INTERESTING = [0, 1, 2, 3, 4, 5, 6, 0x0a, 0x0d, 0x20, 0x22, 0x2b, 0x2d, 0x2e, 0x30, 0x31, 0x3d, 0x5c]
const LENGTHS = [0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0xa0, 0xa3, 0xbf, 0xc0, 0xfe, 0xff]
const VALUES = [...INTERESTING, ...LENGTHS]
const LARGEST_BYTES = 300_000

/** Numbers that a seed decides: mulberry32 under a hash of the name. */
export class Random {
  #state: number

  constructor(name: string) {
    this.#state = new DataView(sha256(utf8(name)).buffer).getUint32(0)
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  below(limit: number): number {
    return limit <= 1 ? 0 : this.next() % limit
  }

  oneOf<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

type Change = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const CHANGES: Readonly<Record<string, Change>> = {
  flip: (bytes, random) => at(bytes, random, (octet) => octet ^ (1 << random.below(8))),
  set: (bytes, random) => at(bytes, random, () => random.oneOf(VALUES)),
  /** Most often a length, in DER. */
  count: (bytes, random) => at(bytes, random, (octet) => octet + random.oneOf([-2, -1, 1, 2])),
  cut: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  remove: (bytes, random) => {
    const [from, to] = range(bytes, random)
    return join(bytes.subarray(0, from), bytes.subarray(to))
  },
  insert: (bytes, random) => {
    const [from] = range(bytes, random)
    return join(bytes.subarray(0, from), random.bytes(1 + random.below(8)), bytes.subarray(from))
  },
  repeat: (bytes, random) => {
    const [from, to] = range(bytes, random)
    const slice = bytes.subarray(from, to)
    const most = slice.length === 0 ? 1 : Math.ceil(LARGEST_BYTES / slice.length)
    const times = Math.min(random.oneOf([2, 3, 20, LARGEST_BYTES]), most)
    return join(bytes.subarray(0, from), Buffer.alloc(times * slice.length, slice), bytes.subarray(to))
  },
  splice: (bytes, random, other) => {
    const [from, to] = range(bytes, random)
    const [start, end] = range(other, random)
    return join(bytes.subarray(0, from), other.subarray(start, end), bytes.subarray(to))
  },
  nest: (bytes, random) => {
    let nested = bytes
    for (let level = random.oneOf([1, 2, 40, 400]); level > 0; level -= 1) nested = element(random, nested)
    return nested
  },
  open: (bytes, random) => {
    const opener = utf8(random.oneOf(['[', '{"a":', '(', '0\u0080', '"\\']))
    return join(Buffer.alloc(random.oneOf([10, 100, 10_000]) * opener.length, opener), bytes)
  },
  structure: changeStructure,
  anything: (_bytes, random) => random.bytes(random.oneOf([0, 1, 3, 32, 200])),
}
const NAMES = Object.keys(CHANGES)

/** One to four changes to one of the seeds. What is DER is changed in its structure alone in every second case. */
export function mutate(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const seed = random.oneOf(seeds)
  const structured = random.below(2) === 0 ? changeStructure(changeStructure(seed, random), random) : seed
  return structured === seed ? changeBytes(seed, seeds, random) : structured
}

function changeBytes(seed: Uint8Array, seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = seed
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    bytes = CHANGES[random.oneOf(NAMES)]!(bytes, random, random.oneOf(seeds))
  }
  return bytes.slice(0, LARGEST_BYTES)
}

const ODD: readonly JsonValue[] = [
  null,
  true,
  -0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  '\u0000',
  '\ud800',
  'AA==',
  '00',
  'constructor',
  [],
  {},
  [[]],
  { toString: 1 },
  'a'.repeat(200_000),
]

/** One value somewhere in a document replaced, removed or named otherwise. */
export function mutateJson(document: JsonValue, random: Random): JsonValue {
  if (typeof document !== 'object' || document === null || random.below(6) === 0) return random.oneOf(ODD)
  if (Array.isArray(document)) return mutateList(document as readonly JsonValue[], random)
  return mutateMembers(Object.entries(document), random)
}

function mutateMembers(members: readonly (readonly [string, JsonValue])[], random: Random): JsonValue {
  const [name, value] = random.oneOf(members) ?? ['', null]
  const others = members.filter(([key]) => key !== name)
  const choice = random.below(10)
  if (choice === 0) return Object.fromEntries(others)
  if (choice > 1) return Object.fromEntries([...others, [name, mutateJson(value, random)]])
  const newName = random.oneOf(['', 'constructor', `${name}x`, name.slice(1)])
  return Object.fromEntries([...others, [newName, value]])
}

function mutateList(list: readonly JsonValue[], random: Random): JsonValue {
  const index = random.below(list.length)
  if (random.below(4) === 0)
    return Array.from({ length: random.oneOf([0, 2, 65, 2000]) }, () => list[0] ?? null)
  return list.map((value, place) => (place === index ? mutateJson(value, random) : value))
}

function at(bytes: Uint8Array, random: Random, change: (octet: number) => number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  const index = random.below(bytes.length)
  if (index < bytes.length) changed[index] = change(changed[index]!)
  return changed
}

function range({ length }: Uint8Array, random: Random): [number, number] {
  const from = random.below(length)
  return [from, from + random.below(Math.min(length - from, random.oneOf([2, 8, 64, length])) + 1)]
}

/** A DER element around the bytes, with a length of its own. */
function element(random: Random, content: Uint8Array): Uint8Array {
  const { length } = content
  const octets =
    length < 128
      ? [length]
      : length < 65_536
        ? [0x82, length >> 8, length & 255]
        : [0x83, length >> 16, (length >> 8) & 255, length & 255]
  return join(Uint8Array.from([random.oneOf([0x30, 0x31, 0xa0, 0xa3, 0x04]), ...octets]), content)
}
