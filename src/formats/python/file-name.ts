import { WheelsealError } from '../../base/index.ts'
import { pythonErrors } from './errors.ts'
import { isName, normalizeName, shown } from './name.ts'
import { isVersion, parseVersion, type Version } from './version.ts'

interface Common {
  readonly fileName: string
  /** Normalised. */
  readonly name: string
  readonly version: Version
}

export interface WheelName extends Common {
  readonly kind: 'wheel'
  /** As written, a number first; undefined where there is none. */
  readonly build: string | undefined
  /** Lower case, sorted, each once. */
  readonly pythonTags: readonly string[]
  readonly abiTags: readonly string[]
  readonly platformTags: readonly string[]
}

export interface SdistName extends Common {
  readonly kind: 'sdist'
}

export type DistributionName = WheelName | SdistName

/** What file systems allow. */
const MAX_LENGTH = 255
const CHARACTERS = /^[A-Za-z0-9._+!-]+$/
/** The name part has no `__`, its dots are of the old escaping; a build tag begins with a number. */
const WHEEL =
  /^(?<name>(?![^-]*__)[A-Za-z0-9._]+)-(?<version>[^-]+)(?:-(?<build>[0-9][A-Za-z0-9_.]*))?-(?<python>[^-]+)-(?<abi>[^-]+)-(?<platform>[^-]+)\.whl$/
const TAGS = /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*$/
/** An installer makes every combination of a wheel's tags. */
const MAX_COMBINATIONS = 512

/**
 * The name of a wheel (binary distribution format, PEP 427) or of an sdist (PEP 625, and the older spellings of its
 * name part). Throws `python.file-name`.
 */
export function parseFileName(fileName: string): DistributionName {
  if (fileName.length > MAX_LENGTH || !CHARACTERS.test(fileName)) {
    throw refusal(fileName, 'it is too long or has characters that no distribution has')
  }
  if (fileName.endsWith('.whl')) return parseWheel(fileName)
  if (fileName.endsWith('.tar.gz')) return parseSdist(fileName)
  throw refusal(fileName, 'it ends neither in .whl nor in .tar.gz')
}

/**
 * The same for file names that stand for one distribution, whatever their spelling: `my-pkg-1.0.tar.gz` and
 * `my_pkg-1.0.0.tar.gz`.
 */
export function distributionKey(file: DistributionName): string {
  if (file.kind === 'sdist') return `${file.name} ${file.version.key} sdist`
  const tags = [file.pythonTags, file.abiTags, file.platformTags].map((set) => set.join('.'))
  return `${file.name} ${file.version.key} wheel ${buildKey(file.build)} ${tags.join('-')}`
}

/** Installers read the digits as a number. */
function buildKey(build = ''): string {
  return build.replace(/^0+(?=[0-9])/, '')
}

function parseWheel(fileName: string): WheelName {
  const parts = WHEEL.exec(fileName)?.groups
  if (parts === undefined) throw refusal(fileName, 'it is not NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl')
  return {
    kind: 'wheel',
    ...readCommon(fileName, parts['name'], parts['version']),
    build: parts['build'],
    ...readTags(fileName, parts),
  }
}

function readTags(
  fileName: string,
  parts: Readonly<Record<string, string>>,
): Pick<WheelName, 'pythonTags' | 'abiTags' | 'platformTags'> {
  const pythonTags = readTagSet(fileName, parts['python'])
  const abiTags = readTagSet(fileName, parts['abi'])
  const platformTags = readTagSet(fileName, parts['platform'])
  if (pythonTags.some((tag) => /^[0-9]/.test(tag)))
    throw refusal(fileName, 'a python tag starts with a digit')
  if (pythonTags.length * abiTags.length * platformTags.length > MAX_COMBINATIONS)
    throw refusal(fileName, `its tags have more than ${MAX_COMBINATIONS} combinations`)
  return { pythonTags, abiTags, platformTags }
}

function parseSdist(fileName: string): SdistName {
  const stem = fileName.slice(0, -'.tar.gz'.length)
  const dash = stem.lastIndexOf('-')
  if (dash < 0) throw refusal(fileName, 'it has no version')
  return { kind: 'sdist', ...readCommon(fileName, stem.slice(0, dash), stem.slice(dash + 1)) }
}

/**
 * The shorter name that an installer may read, which looks for the project's name and takes the rest for the version:
 * pip takes `acme-1.0-2.tar.gz` for acme 1.0.post2, where the last dash makes it acme-1.0 2. Undefined for all names of
 * PEP 625, which have one dash.
 */
export function otherSdistName({ kind, fileName }: DistributionName): string | undefined {
  if (kind === 'wheel') return undefined
  const parts = fileName.slice(0, -'.tar.gz'.length).split('-')
  const cuts = parts.slice(2).map((_, index) => index + 1)
  const cut = cuts.find((at) => isVersion(parts.slice(at).join('-')))
  return cut === undefined ? undefined : parts.slice(0, cut).join('-')
}

function readCommon(fileName: string, name = '', version = ''): Common {
  if (!isName(name)) throw refusal(fileName, 'the part before the version is not a package name')
  try {
    return { fileName, name: normalizeName(name), version: parseVersion(version) }
  } catch (cause) {
    if (cause instanceof WheelsealError) throw refusal(fileName, 'the version is not valid (PEP 440)', cause)
    throw cause
  }
}

function readTagSet(fileName: string, text = ''): readonly string[] {
  if (!TAGS.test(text)) throw refusal(fileName, `${shown(text)} is not a tag`)
  return [...new Set(text.toLowerCase().split('.'))].toSorted()
}

function refusal(fileName: string, why: string, cause?: unknown): WheelsealError {
  return pythonErrors(
    'python.file-name',
    `${shown(fileName)} is not the file name of a wheel or sdist: ${why}`,
    { cause },
  )
}
