import { describe, expect, it } from 'vitest'
import {
  chooseFiles,
  installCommand,
  parseRequirement,
  requirementsText,
  type Installer,
  type VerifiedFile,
} from '../index.ts'
import { listed, listing, SDIST, SHA, WHEEL } from './arrange.ts'

const demo = parseRequirement('Demo==1.0')
const other = parseRequirement('other==2.0')
const filesOf = (requirement: typeof demo, ...names: readonly string[]): readonly VerifiedFile[] =>
  chooseFiles(
    listing(names.map((name, at) => listed(name, { sha256: `${at}${SHA.slice(1)}` }))),
    requirement,
  ).map((file) => ({ file, requirement }))
const both = filesOf(demo, WHEEL, SDIST)
const pip: Installer = { kind: 'pip', program: ['/v/bin/python', '-m', 'pip'] }
const common = {
  installer: pip,
  files: both,
  folder: '/tmp/files',
  requirementsPath: '/tmp/r.txt',
  sdists: 'never',
  dependencyIndex: undefined,
  more: [],
} as const

describe('what an installer is given', () => {
  it('is the digests of the wheels, and of sdists only where these may be built', () => {
    expect(requirementsText(both, 'never')).toBe(`demo==1.0 --hash=sha256:0${SHA.slice(1)}\n`)
    expect(requirementsText([...both, ...filesOf(other, 'other-2.0.tar.gz')], 'where no wheel fits')).toBe(
      `demo==1.0 --hash=sha256:0${SHA.slice(1)} --hash=sha256:1${SHA.slice(1)}\nother==2.0 --hash=sha256:0${SHA.slice(1)}\n`,
    )
    expect(() => requirementsText([...both, ...filesOf(other, 'other-2.0.tar.gz')], 'never')).toThrow(
      expect.objectContaining({
        code: 'packaging.no-wheel',
        message: 'other==2.0 has no wheel, only an sdist',
      }),
    )
  })

  it('is a folder and no index, no dependency, and no code to run', () => {
    expect(installCommand({ ...common, more: ['--target', 'lib'] }).join(' ')).toBe(
      '/v/bin/python -m pip install --disable-pip-version-check --no-input --only-binary :all: --no-index --find-links /tmp/files --no-deps --require-hashes -r /tmp/r.txt --target lib',
    )
    const uv: Installer = { kind: 'uv', program: ['uv'], python: '/v/bin/python' }
    expect(installCommand({ ...common, installer: uv }).join(' ')).toBe(
      'uv pip install --python /v/bin/python --only-binary :all: --no-index --find-links /tmp/files --no-deps --require-hashes -r /tmp/r.txt',
    )
    expect(installCommand({ ...common, sdists: 'where no wheel fits' })).not.toContain('--only-binary')
  })

  it('is the verified file itself where dependencies come from an index', () => {
    const dependencyIndex = 'https://index.example/simple'
    expect(installCommand({ ...common, dependencyIndex }).slice(5)).toEqual([
      ...['--no-input', '--only-binary', ':all:', '--index-url', dependencyIndex, `/tmp/files/${WHEEL}`],
    ])
    const sdist = { files: filesOf(demo, SDIST), sdists: 'where no wheel fits', dependencyIndex } as const
    expect(installCommand({ ...common, ...sdist })).toContain(`/tmp/files/${SDIST}`)
    const files = filesOf(demo, WHEEL, 'demo-1.0-cp312-cp312-any.whl')
    expect(() => installCommand({ ...common, files, dependencyIndex })).toThrow(
      expect.objectContaining({ code: 'packaging.dependencies' }),
    )
  })
})
