import type { WheelName } from '../file-name.ts'
import { isName, normalizeName } from '../name.ts'
import { parseCoreMetadata } from './core-metadata.ts'
import { checkEntryPoints } from './entry-points.ts'
import { quoted, type Findings } from './findings.ts'
import { LIMITS } from './limits.ts'
import { checkRecord, parseRecord, type RecordRow } from './record.ts'
import type { ReadMetadata } from './sdist.ts'
import { checkWheelFile } from './wheel-file.ts'
import { checkFolders } from './wheel-folders.ts'
import type { Seen, Zip } from './zip.ts'

/** A wheel's members against each other and its file name (binary distribution format). */
export async function checkWheel(
  zip: Zip,
  name: WheelName,
  findings: Findings,
): Promise<ReadMetadata | undefined> {
  const paths = new Set(zip.files.map((file) => file.name))
  const folder = infoFolder(paths, name)
  await checkFolders(paths, folder, findings)
  const record = await readRecord(zip, `${folder}/RECORD`, findings)
  const { seen, kept } = await readMembers(zip, folder, record)
  if (record !== undefined) await checkRecord({ record, paths, seen, folder }, findings)
  await findings.within(() => checkFiles(kept, name, findings))
  return findings.within(() => readMetadata(kept, findings))
}

/**
 * As in the file name, or in another spelling of the same name where it is the only one: build back ends have written
 * `ruamel.yaml` and `ruamel_yaml`, and installers compare the normal forms.
 */
function infoFolder(paths: ReadonlySet<string>, { fileName, name }: WheelName): string {
  const [spelled = '', version = ''] = fileName.split('-', 2)
  const ending = `-${version}.dist-info`
  const only = onlyInfoFolder(paths)
  const other = only.endsWith(ending) ? only.slice(0, -ending.length) : ''
  return isName(other) && normalizeName(other) === name ? only : `${spelled}${ending}`
}

/** Empty where there are several, or none. */
function onlyInfoFolder(paths: ReadonlySet<string>): string {
  const found = new Set<string>()
  for (const path of paths) {
    const [top = ''] = path.split('/', 1)
    if (/\.dist-info$/i.test(top)) found.add(top)
    if (found.size > 1) return ''
  }
  const [only = ''] = found
  return only
}

const KEPT: Readonly<Record<string, number>> = {
  METADATA: LIMITS.maxMetadataBytes,
  WHEEL: LIMITS.maxWheelFileBytes,
  'entry_points.txt': LIMITS.maxEntryPointsBytes,
}

type Rows = ReadonlyMap<string, RecordRow>

interface Members {
  readonly seen: ReadonlyMap<string, Seen>
  readonly kept: Kept
}

/** By path what was seen of each, and of the files that are read here their bytes by name. */
async function readMembers(zip: Zip, folder: string, record: Rows | undefined): Promise<Members> {
  const [seen, kept] = [new Map<string, Seen>(), new Map<string, Uint8Array | undefined>()]
  const limits = new Map(Object.entries(KEPT).map(([file, bytes]) => [`${folder}/${file}`, bytes]))
  await zip.readAll(
    (path) => ({ digest: record?.get(path)?.algorithm ?? 'sha256', maxKeptBytes: limits.get(path) ?? 0 }),
    (path, { bytes, ...what }) => {
      if (limits.has(path)) kept.set(path.slice(folder.length + 1), bytes)
      if (!path.endsWith('/')) seen.set(path, what)
    },
  )
  return { seen, kept }
}

async function readRecord(zip: Zip, path: string, findings: Findings): Promise<Rows | undefined> {
  const entry = zip.files.find(({ name }) => name === path)
  if (entry !== undefined)
    return findings.within(async () => parseRecord(await zip.read(entry, LIMITS.maxRecordBytes)))
  findings.add('distribution.missing-file', `the wheel has no ${quoted(path)}`)
  return undefined
}

type Kept = ReadonlyMap<string, Uint8Array | undefined>

function checkFiles(kept: Kept, name: WheelName, findings: Findings): void {
  const wheel = kept.get('WHEEL')
  if (wheel !== undefined) checkWheelFile(wheel, name, findings)
  else if (kept.has('WHEEL'))
    findings.add('distribution.wheel-file', `WHEEL has more than ${LIMITS.maxWheelFileBytes} bytes`)
  else findings.add('distribution.missing-file', 'the wheel has no WHEEL file')
  const entryPoints = kept.get('entry_points.txt')
  if (entryPoints !== undefined) checkEntryPoints(entryPoints, findings)
  else if (kept.has('entry_points.txt'))
    findings.add('distribution.entry-point', 'entry_points.txt is too large')
}

function readMetadata(kept: Kept, findings: Findings): ReadMetadata | undefined {
  const bytes = kept.get('METADATA')
  if (bytes !== undefined) return { bytes, core: parseCoreMetadata(bytes, 'METADATA') }
  if (kept.has('METADATA'))
    findings.add('distribution.metadata', `METADATA has more than ${LIMITS.maxMetadataBytes} bytes`)
  else findings.add('distribution.missing-file', 'the wheel has no METADATA')
  return undefined
}
