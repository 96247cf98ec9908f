import { WheelsealError } from '../../../base/index.ts'
import { parseFileName, type DistributionName, type WheelName } from '../../../formats/python/index.ts'
import type { FileReport } from '../../../gate/index.ts'
import type { Installed } from './installed.ts'

export type Choice =
  | { readonly kind: 'wheel'; readonly file: FileReport }
  /** No wheel has its tags, and there are sdists of which it may have been built. */
  | { readonly kind: 'built'; readonly sdists: readonly FileReport[] }
  | { readonly kind: 'none' }

/** Which file of a release was installed: by its digest where the environment says it, else by the tags of WHEEL. */
export function chooseWheel(installed: Installed, files: readonly FileReport[]): Choice {
  const { origin } = installed
  const sha256 = origin?.kind === 'archive' ? origin.sha256 : null
  if (sha256 !== null) return choiceOf(files.find((file) => file.sha256 === sha256))
  const wheel = wheelOf(installed, files)
  if (wheel !== undefined) return choiceOf(wheel)
  const sdists = files.filter((file) => kindOf(file)?.kind === 'sdist')
  return sdists.length > 0 ? { kind: 'built', sdists } : { kind: 'none' }
}

function choiceOf(file: FileReport | undefined): Choice {
  if (file === undefined) return { kind: 'none' }
  return kindOf(file)?.kind === 'sdist' ? { kind: 'built', sdists: [file] } : { kind: 'wheel', file }
}

function wheelOf({ tags, build }: Installed, files: readonly FileReport[]): FileReport | undefined {
  const own = new Set(tags.map((tag) => tag.toLowerCase()))
  const wheels = files.flatMap((file) => {
    const name = kindOf(file)
    return name?.kind === 'wheel' && (name.build ?? '') === build ? [{ file, tags: tagsOf(name) }] : []
  })
  const same = wheels.find((wheel) => isSame(wheel.tags, own))
  return (same ?? wheels.find((wheel) => isAnywhere(own, wheel.tags)))?.file
}

function kindOf({ fileName }: FileReport): DistributionName | undefined {
  try {
    return parseFileName(fileName)
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}

function tagsOf({ pythonTags, abiTags, platformTags }: WheelName): ReadonlySet<string> {
  return new Set(
    pythonTags.flatMap((python) =>
      abiTags.flatMap((abi) => platformTags.map((platform) => `${python}-${abi}-${platform}`)),
    ),
  )
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((tag) => other.has(tag))
}

/** WHEEL may say `py3-none-any` where the file name has narrower tags: the registry takes such wheels. */
function isAnywhere(own: ReadonlySet<string>, inName: ReadonlySet<string>): boolean {
  return own.has('py3-none-any') && [...inName].every((tag) => /^py3[0-9]*-none-any$/.test(tag))
}
