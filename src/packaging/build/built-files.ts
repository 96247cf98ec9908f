import { WheelsealError } from '../../base/index.ts'
import { parseFileName, type DistributionName } from '../../formats/python/index.ts'
import { packagingErrors } from '../errors.ts'

export interface BuiltNames {
  readonly wheel: string
  readonly sdist: string
  /** Normalised, as an index has it. */
  readonly name: string
  /** Normalised (PEP 440). */
  readonly version: string
}

/** One wheel and one sdist, of one name and one version. Throws `packaging.built`. */
export function checkBuiltNames(fileNames: readonly string[]): BuiltNames {
  const files = fileNames.map(parsed)
  const [wheel, ...wheels] = files.filter(({ kind }) => kind === 'wheel')
  const [sdist, ...sdists] = files.filter(({ kind }) => kind === 'sdist')
  if (wheel === undefined || sdist === undefined || wheels.length > 0 || sdists.length > 0)
    throw packagingErrors('packaging.built', `the build made ${fileNames.join(', ') || 'no file'}`)
  if (wheel.name !== sdist.name || wheel.version.key !== sdist.version.key)
    throw packagingErrors(
      'packaging.built',
      `${wheel.fileName} and ${sdist.fileName} have different names or versions`,
    )
  const { name, version } = wheel
  return { wheel: wheel.fileName, sdist: sdist.fileName, name, version: version.normal }
}

function parsed(fileName: string): DistributionName {
  try {
    return parseFileName(fileName)
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw packagingErrors('packaging.built', cause.message, { cause })
  }
}
