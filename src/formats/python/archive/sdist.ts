import { parseFileName, type SdistName } from '../file-name.ts'
import { parseCoreMetadata, type CoreMetadata } from './core-metadata.ts'
import { quoted, type Findings } from './findings.ts'
import { LIMITS } from './limits.ts'
import { readTar } from './tar.ts'
import type { TarMember } from './tar-member.ts'

/** METADATA or PKG-INFO, and what it says. */
export interface ReadMetadata {
  readonly bytes: Uint8Array
  readonly core: CoreMetadata
}

/** An sdist's members against each other and its file name (PEP 625, core metadata). */
export async function checkSdist(
  chunks: AsyncIterable<Uint8Array>,
  name: SdistName,
  findings: Findings,
): Promise<ReadMetadata | undefined> {
  const roots = new Map<string, string>()
  let info: { readonly path: string; readonly bytes: Uint8Array | undefined } | undefined
  await readTar(chunks, findings, {
    want: ({ path, kind }) => (kind === 'file' && isPkgInfo(path) ? LIMITS.maxMetadataBytes : 0),
    seen: (member, bytes) => {
      noteRoot(member, roots)
      if (member.kind === 'file' && isPkgInfo(member.path)) info ??= { path: member.path, bytes }
    },
  })
  checkRoots(roots, name, findings)
  return findings.within(() => readMetadata(info, findings))
}

function isPkgInfo(path: string): boolean {
  return /^[^/]+\/PKG-INFO$/.test(path)
}

/** No more than are shown. */
function noteRoot({ path, kind }: TarMember, roots: Map<string, string>): void {
  const [root = '', ...rest] = path.split('/')
  const isBelow = rest.length > 0 || kind === 'folder'
  if (roots.size < 5) roots.set(isBelow ? root : path, isBelow ? 'folder' : 'file')
}

function checkRoots(roots: ReadonlyMap<string, string>, name: SdistName, findings: Findings): void {
  const [first] = roots
  if (roots.size !== 1 || first?.[1] !== 'folder')
    return findings.add(
      'distribution.root',
      `at the top of the sdist are ${[...roots.keys()].map(quoted).join(', ') || 'no files'}`,
    )
  const [root] = first
  if (!isNamed(root, name))
    findings.add('distribution.root', `the sdist ${name.fileName} has the folder ${quoted(root)} at its top`)
}

/** In any spelling of name and version: older build backends write the folder as the file. */
function isNamed(root: string, name: SdistName): boolean {
  try {
    const found = parseFileName(`${root}.tar.gz`)
    return found.name === name.name && found.version.key === name.version.key
  } catch {
    return false
  }
}

function readMetadata(
  info: { readonly path: string; readonly bytes: Uint8Array | undefined } | undefined,
  findings: Findings,
): ReadMetadata | undefined {
  if (info?.bytes !== undefined) return { bytes: info.bytes, core: parseCoreMetadata(info.bytes, 'PKG-INFO') }
  if (info === undefined) findings.add('distribution.missing-file', 'the sdist has no NAME-VERSION/PKG-INFO')
  else findings.add('distribution.metadata', `PKG-INFO has more than ${LIMITS.maxMetadataBytes} bytes`)
  return undefined
}
