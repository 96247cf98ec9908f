import type { WheelName } from '../file-name.ts'
import { parseHeaders } from './core-metadata.ts'
import { quoted, type Findings } from './findings.ts'

const ONE_TAG =
  /^[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*-[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*-[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*$/
/** A wheel's name has no more combinations either. */
const MAX_TAGS = 512

/** The file WHEEL against the file name (binary distribution format, "File contents"). */
export function checkWheelFile(bytes: Uint8Array, name: WheelName, findings: Findings): void {
  const headers = parseHeaders(bytes, 'WHEEL')
  const valuesOf = (field: string): string[] =>
    headers.filter(([header]) => header === field).map(([, value]) => value)
  checkOnce(valuesOf('wheel-version'), { field: 'Wheel-Version', form: /^1\.[0-9]+$/ }, findings)
  checkOnce(valuesOf('root-is-purelib'), { field: 'Root-Is-Purelib', form: /^(?:true|false)$/i }, findings)
  checkTags(valuesOf('tag'), name, findings)
  const [build, ...more] = valuesOf('build')
  if (more.length > 0 || (build !== undefined && build !== '' && build !== name.build))
    findings.add(
      'distribution.wheel-file',
      `WHEEL has the build ${quoted(build ?? '')}, and the file name ${quoted(name.build ?? '')}`,
    )
}

interface Field {
  readonly field: string
  readonly form: RegExp
}

function checkOnce([value, ...more]: readonly string[], { field, form }: Field, findings: Findings): void {
  if (value === undefined) findings.add('distribution.wheel-file', `WHEEL has no ${field}`)
  else if (more.length > 0) findings.add('distribution.wheel-file', `WHEEL has ${field} twice`)
  else if (!form.test(value))
    findings.add('distribution.wheel-file', `WHEEL has the ${field} ${quoted(value)}`)
}

function checkTags(tags: readonly string[], name: WheelName, findings: Findings): void {
  if (tags.length > MAX_TAGS || !tags.every((tag) => tag.length <= 255 && ONE_TAG.test(tag)))
    return findings.add(
      'distribution.wheel-file',
      'WHEEL has a tag that is not PYTHON-ABI-PLATFORM, or too many',
    )
  const inFile = new Set(tags.flatMap((tag) => expand(tag.split('-').map((part) => part.split('.')))))
  const inName = new Set(expand([name.pythonTags, name.abiTags, name.platformTags]))
  if (runsAnywhere(inFile)) return undefined
  const odd = [...inName, ...inFile].filter((tag) => !inName.has(tag) || !inFile.has(tag)).toSorted()
  if (odd.length > 0)
    findings.add(
      'distribution.wheel-file',
      `WHEEL and the file name do not have the same tags: ${odd.slice(0, 5).join(', ')}`,
    )
}

/** A wheel for every platform may have a file name that offers it to fewer: nobody installs by it what does not run. */
function runsAnywhere(inFile: ReadonlySet<string>): boolean {
  return (
    inFile.size > 0 &&
    [...inFile].every((tag) => /^py3[0-9]*-none-any$/.test(tag)) &&
    inFile.has('py3-none-any')
  )
}

/** Every combination, as installers make them; no more than tell that there are too many. */
function expand([
  pythons = [],
  abis = [],
  platforms = [],
]: readonly (readonly string[])[]): readonly string[] {
  if (pythons.length * abis.length * platforms.length > MAX_TAGS) return ['too many']
  return pythons.flatMap((python) =>
    abis.flatMap((abi) => platforms.map((platform) => `${python}-${abi}-${platform}`.toLowerCase())),
  )
}
