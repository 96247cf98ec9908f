import type { Source, WheelsealError } from '../../../base/index.ts'
import { parseFileName, type DistributionName } from '../file-name.ts'
import { Findings } from './findings.ts'
import { gunzip } from './gzip.ts'
import { checkSdist, type ReadMetadata } from './sdist.ts'
import { readTar } from './tar.ts'
import { checkWheel } from './wheel.ts'
import { windowed } from './windowed.ts'
import { openZip } from './zip.ts'

export interface DistributionReport {
  /** All that is wrong, each with its code; none for a distribution that may be published. At most 100. */
  readonly findings: readonly WheelsealError[]
  /** Undefined where the file name is that of no distribution. */
  readonly file?: DistributionName
  /** Of METADATA or PKG-INFO; undefined where it could not be read. */
  readonly metadata?: ReadMetadata
}

/**
 * Judges one wheel or sdist, by its file name and all of its bytes, each of which is read once, but for RECORD. Nothing
 * is unpacked; what is unpacked in memory is capped in size, number and depth. Throws only what `source` throws.
 */
export async function checkDistribution(fileName: string, source: Source): Promise<DistributionReport> {
  const findings = new Findings()
  const file = await findings.within(() => parseFileName(fileName))
  if (file === undefined) return { findings: findings.all }
  const metadata = await findings.within(() => checkAs(file, windowed(source), findings))
  if (metadata !== undefined) compareNames(file, metadata, findings)
  return { findings: findings.all, file, ...(metadata === undefined ? {} : { metadata }) }
}

function checkAs(
  file: DistributionName,
  source: Source,
  findings: Findings,
): Promise<ReadMetadata | undefined> {
  return file.kind === 'wheel'
    ? openZip(source, findings).then((zip) => checkWheel(zip, file, findings))
    : checkSdist(gunzip(source), file, findings)
}

/** The archive alone, whatever its file name says of the project: a zip, or a tar in gzip, by the name's end. */
export async function checkArchive(fileName: string, source: Source): Promise<DistributionReport> {
  const findings = new Findings()
  await findings.within(() => checkArchiveAs(fileName, windowed(source), findings))
  return { findings: findings.all }
}

async function checkArchiveAs(fileName: string, source: Source, findings: Findings): Promise<void> {
  if (/\.(?:whl|zip)$/i.test(fileName)) {
    const zip = await openZip(source, findings)
    return zip.readAll(
      () => ({}),
      () => undefined,
    )
  }
  if (/\.(?:tar\.gz|tgz)$/i.test(fileName))
    return readTar(gunzip(source), findings, { want: () => 0, seen: () => undefined })
  findings.add('distribution.file-type', 'the file name ends in none of .whl, .zip, .tar.gz and .tgz')
}

function compareNames(file: DistributionName, { core }: ReadMetadata, findings: Findings): void {
  if (core.nameKey !== file.name)
    findings.add(
      'distribution.mismatch',
      `the metadata is of ${core.name}, and the file name is ${file.fileName}`,
    )
  if (core.version.key !== file.version.key)
    findings.add(
      'distribution.mismatch',
      `the metadata is of version ${core.version.normal}, and the file name is ${file.fileName}`,
    )
}
