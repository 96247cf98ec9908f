import { describe, expect, it } from 'vitest'
import { distributionOf, sourceOf } from './arrange.ts'
import { checkDistribution } from './index.ts'

async function codesOf(fileName: string, bytes: Uint8Array): Promise<readonly string[]> {
  const { findings } = await checkDistribution(fileName, sourceOf(bytes))
  return findings.map(({ code }) => code.replace('distribution.', ''))
}

describe('a wheel', () => {
  it('that was renamed from one platform to all is found out', async () => {
    const built = distributionOf('my_pkg-1.0-cp311-cp311-linux_x86_64.whl')
    expect(await codesOf('my_pkg-1.0-py3-none-any.whl', built)).toEqual(['wheel-file'])
  })

  it('may spell its name in another way than its one .dist-info does', async () => {
    const members = distributionOf('my_pkg-1.0-py3-none-any.whl')
    expect(await codesOf('my.pkg-1.0-py3-none-any.whl', members)).toEqual([])
    expect(await codesOf('my.pkg-2.0-py3-none-any.whl', members)).toContain('dist-info')
  })
})
