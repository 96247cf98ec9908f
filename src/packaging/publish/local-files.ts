import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { encodeHex, sha256Hex, WheelsealError, type Files } from '../../base/index.ts'
import { parseFileName } from '../../formats/python/index.ts'
import { packagingErrors } from '../errors.ts'
import { checkSeals } from './check-seals.ts'
import type { LocalDistribution, LocalFile, SideFile } from './ports.ts'
import {
  isSideFile,
  requireSealed,
  sealedName,
  SIDE_FILE_ENDINGS,
  type SideFileEnding,
} from './side-files.ts'

/** What is read of a distribution beside its digest. */
export type ReadMetadata = (path: string) => Promise<{ readonly requiresPython: string | undefined }>

export interface LocalPorts {
  readonly files: Files
  readonly readMetadata: ReadMetadata
}

export interface ToPublish {
  readonly file: LocalDistribution
  readonly sideFiles: readonly SideFile[]
}

export type SealsChoice = 'with seals' | 'without seals' | 'seals only'

export interface LocalChoice {
  readonly paths: readonly string[]
  /** Whether each distribution must have a seal, which is published with it, or before it alone. */
  readonly seals: SealsChoice
}

/** As `verify` reads of them. */
const MAX_SIDE_FILE_BYTES = 34 << 20

/**
 * All that is to be published, read and judged before anything is uploaded. Side files among the paths (`dist/*`) count
 * with their distribution. Throws `packaging.file`, `packaging.no-seal`, `packaging.wrong-seal`,
 * `host.file`.
 */
export async function readLocalFiles(choice: LocalChoice, ports: LocalPorts): Promise<readonly ToPublish[]> {
  const paths = [...new Set(choice.paths)]
  const distributions = paths.filter((path) => !isSideFile(basename(path)))
  checkNames(paths, distributions)
  const found: ToPublish[] = []
  for (const path of distributions) {
    const file = await readDistribution(path, ports)
    const sideFiles = choice.seals === 'without seals' ? [] : await readSideFiles(file, ports.files)
    found.push({ file, sideFiles })
  }
  return found
}

function checkNames(paths: readonly string[], distributions: readonly string[]): void {
  if (distributions.length === 0)
    throw packagingErrors('packaging.file', `there is no distribution among ${paths.join(', ')}`)
  const names = distributions.map((path) => basename(path))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw packagingErrors('packaging.file', `${twice} is named twice, in two folders`)
  const orphan = paths.find((path) => isSideFile(basename(path)) && !distributions.includes(sealedName(path)))
  if (orphan !== undefined)
    throw packagingErrors('packaging.file', `${orphan} is named without ${basename(sealedName(orphan))}`)
}

async function readDistribution(
  path: string,
  { files, readMetadata }: LocalPorts,
): Promise<LocalDistribution> {
  const distribution = distributionName(basename(path))
  const { sha256, sizeBytes } = await digest(files.stream(path))
  if (sizeBytes === 0) throw packagingErrors('packaging.file', `${path} is empty`)
  const { requiresPython } = await readMetadata(path)
  const known = { path, fileName: basename(path), sha256, sizeBytes }
  return { ...known, distribution, requiresPython, content: () => sameBytes(files.stream(path), known) }
}

function distributionName(fileName: string): LocalDistribution['distribution'] {
  try {
    return parseFileName(fileName)
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw packagingErrors('packaging.file', cause.message, { cause })
  }
}

/** Small, and read once: what was judged is what is uploaded. Nobody named these paths, so that a pipe is not opened. */
async function readSideFiles(file: LocalDistribution, files: Files): Promise<readonly SideFile[]> {
  const found: SideFile[] = []
  const sides = new Map<SideFileEnding, Uint8Array>()
  for (const ending of SIDE_FILE_ENDINGS) {
    const path = `${file.path}${ending}`
    const bytes = await files.readIfThere(path, MAX_SIDE_FILE_BYTES, 'regular file')
    if (bytes === undefined) continue
    sides.set(ending, bytes)
    found.push({ ...sideFilePlace(file, ending), path, ...inMemory(bytes) })
  }
  requireSealed(file.fileName, [...sides.keys()])
  checkSeals(file, sides)
  return found
}

/** Under the name of the package as an index has it, whatever the project is called. */
function sideFilePlace({ distribution, fileName }: LocalDistribution, ending: SideFileEnding) {
  const { name: packageName, version } = distribution
  return { packageName, version: version.normal, fileName: `${fileName}${ending}` }
}

function inMemory(bytes: Uint8Array): Pick<LocalFile, 'sha256' | 'sizeBytes' | 'content'> {
  return {
    sha256: sha256Hex(bytes),
    sizeBytes: bytes.length,
    content: async function* content() {
      yield bytes
    },
  }
}

async function digest(bytes: AsyncIterable<Uint8Array>): Promise<Pick<LocalFile, 'sha256' | 'sizeBytes'>> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const part of bytes) {
    hash.update(part)
    sizeBytes += part.length
  }
  return { sha256: encodeHex(hash.digest()), sizeBytes }
}

/** Ends with an error in place of its last part where these are not the bytes that were judged. The memory of a part is not used again. */
async function* sameBytes(
  bytes: AsyncIterable<Uint8Array>,
  { path, sha256, sizeBytes }: Pick<LocalFile, 'path' | 'sha256' | 'sizeBytes'>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let read = 0
  let kept: Uint8Array | undefined
  for await (const part of bytes) {
    if (kept !== undefined) yield kept
    kept = Uint8Array.from(part)
    hash.update(kept)
    read += kept.length
    if (read > sizeBytes) break
  }
  if (read !== sizeBytes || encodeHex(hash.digest()) !== sha256)
    throw packagingErrors('packaging.file', `${path} changed while it was being published`)
  if (kept !== undefined) yield kept
}
