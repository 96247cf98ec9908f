import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeBase64, describeError, encodeBase64, sha256Hex, utf8, utf8Decode } from '../../base/index.ts'
import type { Anchor, TreeHead } from '../../log/index.ts'
import { storageErrors } from '../errors.ts'
import { makeFolder, withFile } from '../../host/index.ts'

/**
 * The newest heads of some logs in one file, a line each in two places that are written in turn, so that a cut write
 * leaves the other. One write without a sync for each head: it survives the end of the process, and a machine that loses
 * power may leave an older head, which claims less and never wrongly.
 */
export interface AnchorFile {
  /** Of the log with that origin. `slot` is its place in the file, from 0. Throws `storage.anchor`. */
  anchor(slot: number, origin: string): Anchor
  close(): Promise<void>
}

const LINE_BYTES = 256
const PREFIX = 'wheelseal-anchor-1'

/** Makes the file where it is missing. Throws `storage.anchor`. */
export async function openAnchorFile(path: string): Promise<AnchorFile> {
  try {
    await makeFolder(dirname(path))
    await withFile(await open(path, 'a', 0o600), async () => undefined)
    const handle = await open(path, 'r+')
    return { anchor: (slot, origin) => anchorAt({ handle, path, slot, origin }), close: () => handle.close() }
  } catch (cause) {
    throw storageErrors('storage.anchor', `${path} cannot be opened: ${describeError(cause)}`, { cause })
  }
}

interface Place {
  readonly handle: FileHandle
  readonly path: string
  readonly slot: number
  readonly origin: string
}

function anchorAt(place: Place): Anchor {
  let turn = 0
  return {
    newest: async () => {
      const lines = await Promise.all([0, 1].map((which) => readLine(place, which)))
      const [first, second] = lines.map((line) => headOf(place, line))
      // The next one is written over the older of the two.
      turn = second !== undefined && second.size >= (first?.size ?? 0) ? 1 : 0
      return turn === 1 ? second : first
    },
    keep: async (head) => {
      turn = 1 - turn
      const line = utf8(lineOf(place.origin, head))
      await place.handle.write(line, 0, line.length, offsetOf(place, turn))
    },
  }
}

function offsetOf({ slot }: Place, which: number): number {
  return (slot * 2 + which) * LINE_BYTES
}

async function readLine(place: Place, which: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(LINE_BYTES)
  const { bytesRead } = await place.handle.read(buffer, 0, LINE_BYTES, offsetOf(place, which))
  return buffer.subarray(0, bytesRead)
}

function lineOf(origin: string, { size, root }: TreeHead): string {
  const text = `${PREFIX} ${size} ${encodeBase64(root)} ${sha256Hex(utf8(origin))}`
  return `${text} ${checkOf(text)}`.padEnd(LINE_BYTES - 1).concat('\n')
}

function checkOf(text: string): string {
  return sha256Hex(utf8(text)).slice(0, 16)
}

/** Undefined for a place that was never written or was cut. */
function headOf({ path, origin }: Place, line: Uint8Array): TreeHead | undefined {
  const [prefix, size, root, owner, check] = utf8Decode(line.filter((byte) => byte !== 0 && byte < 128))
    .trim()
    .split(' ')
  const text = `${prefix} ${size} ${root} ${owner}`
  if (prefix !== PREFIX || root === undefined || check !== checkOf(text)) return undefined
  if (owner === sha256Hex(utf8(origin))) return { size: Number(size), root: decodeBase64(root) }
  throw storageErrors('storage.anchor', `${path} is not the anchor of log ${origin}`)
}
