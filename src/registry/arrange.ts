/** For tests only. */
import type { Project } from '../access/index.ts'
import { utf8 } from '../base/index.ts'
import { bytesOf, distributionOf } from '../formats/python/archive/arrange.ts'

export const PROJECT: Project = {
  id: 20,
  path: 'g/p',
  name: 'p',
  namespaceId: 1,
  namespacePath: 'g',
  visibility: 'private',
  defaultBranch: 'main',
}
export const WHEEL = 'my_pkg-1.0.0-py3-none-any.whl'
export const SDIST = 'my_pkg-1.0.0.tar.gz'
export const MAX_PYPI_BYTES = 2000

/** An honest distribution with that content, where the name is one of a distribution. */
export function madeOf(content: string, fileName = WHEEL): Uint8Array {
  return /^[a-z_-]+-[0-9.]+(?:-py3-none-any\.whl|\.tar\.gz)$/i.test(fileName)
    ? distributionOf(fileName, { content, requiresPython: '>=3.9' })
    : utf8(content)
}

export async function* chunks(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = bytesOf(content)
  yield bytes.subarray(0, 2)
  yield bytes.subarray(2)
}
