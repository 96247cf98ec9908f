import { describe, expect, it } from 'vitest'
import {
  chooseFiles,
  installCommands,
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
    const commands = installCommands({ ...common, more: ['--target', 'lib'] })
    expect(commands.map((argv) => argv.join(' '))).toEqual([
      '/v/bin/python -m pip install --disable-pip-version-check --no-input --only-binary :all: --no-index --find-links /tmp/files --no-deps --force-reinstall --require-hashes -r /tmp/r.txt --target lib',
    ])
    const uv: Installer = { kind: 'uv', program: ['uv'], python: '/v/bin/python' }
    expect(installCommands({ ...common, installer: uv })[0].join(' ')).toBe(
      'uv pip install --python /v/bin/python --only-binary :all: --no-index --find-links /tmp/files --no-deps --force-reinstall --require-hashes -r /tmp/r.txt',
    )
    expect(installCommands({ ...common, sdists: 'where no wheel fits' })[0]).not.toContain('--only-binary')
  })

  it('is the verified file by its digest also where dependencies come from an index', () => {
    const dependencyIndex = 'https://index.example/simple'
    const files = [
      ...['--index-url', dependencyIndex],
      `demo @ file:///tmp/files/${WHEEL}#sha256=0${SHA.slice(1)}`,
    ]
    const start = ['--no-input', '--only-binary', ':all:']
    expect(installCommands({ ...common, dependencyIndex }).map((argv) => argv.slice(5))).toEqual([
      [...start, '--no-deps', '--force-reinstall', ...files],
      [...start, ...files],
    ])
    const sdist = { files: filesOf(demo, SDIST), sdists: 'where no wheel fits', dependencyIndex } as const
    const [, ofSdist] = installCommands({ ...common, ...sdist, folder: '/tmp/a b' })
    expect(ofSdist).toContain(`demo @ file:///tmp/a%20b/${SDIST}#sha256=0${SHA.slice(1)}`)
    const two = filesOf(demo, WHEEL, 'demo-1.0-cp312-cp312-any.whl')
    expect(() => installCommands({ ...common, files: two, dependencyIndex })).toThrow(
      expect.objectContaining({ code: 'packaging.dependencies' }),
    )
  })
})
