import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Spawn } from '../../base/index.ts'
import { carryPipConfig, parsePipConfig, pipSecrets } from './pip-config.ts'
import { createPythonFinder, describePython, pythonOfImage } from './python.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws-python-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the Python of an image', () => {
  it.each([
    ['python:3.10', '3.10'],
    ['python:3.10.4-slim-bookworm', '3.10'],
    ['registry.example:5000/mirror/python:3.12', '3.12'],
    ['python', ''],
    ['python:3', ''],
    ['python:latest', ''],
  ])('%s asks for %j', (image, spelling) => {
    expect(pythonOfImage(image)?.spelling).toBe(spelling)
  })

  it.each(['', 'ubuntu:22.04', 'ghcr.io/astral-sh/uv:python3.12', 'cpython:3.10', 'python:3.10 x'])(
    '%j asks for none',
    (image) => {
      expect(pythonOfImage(image)).toBeUndefined()
    },
  )

  /** A PATH folder with names, of which some answer with a version; others fail as an inactive shim does. */
  const machine = (name: string, answers: Readonly<Record<string, string | undefined>>) => {
    const bin = join(folder, name)
    mkdirSync(bin)
    for (const program of Object.keys(answers)) writeFileSync(join(bin, program), '')
    const spawn: Spawn = {
      run: ({ argv, onOutput }) => {
        const version = answers[argv[0].split('/').at(-1) ?? '']
        if (version === undefined) return Promise.resolve({ exitCode: 127, signal: null })
        onOutput?.(Buffer.from(`wheelseal:${version}:/opt/${version}/bin/python\n`), 'stdout')
        return Promise.resolve({ exitCode: 0, signal: null })
      },
    }
    return createPythonFinder(spawn, { PATH: bin, HOME: join(folder, 'nobody') })
  }
  const wanted = (image: string) => pythonOfImage(image) ?? { spelling: '', version: undefined }

  it('is the exact one, then the nearest newer, then the nearest older', async () => {
    const all = { 'python3.9': '3.9.1', 'python3.11': '3.11.2', 'python3.13': '3.13.0' }
    const finder = machine('all', all)
    expect((await finder.find(wanted('python:3.11'))).version).toBe('3.11.2')
    expect((await finder.find(wanted('python:3.10'))).version).toBe('3.11.2')
    expect((await finder.find(wanted('python:3.12'))).version).toBe('3.13.0')
    expect((await finder.find(wanted('python:3.14'))).version).toBe('3.13.0')
  })

  it('passes over a shim of a version that is switched off, and over one that answers as another', async () => {
    const finder = machine('shims', {
      'python3.10': undefined,
      'python3.11': '3.12.0',
      'python3.12': '3.12.1',
    })
    expect((await finder.find(wanted('python:3.10'))).version).toBe('3.12.1')
  })

  it('is python3 where the image names no version', async () => {
    const finder = machine('any', { python3: '3.11.2', 'python3.13': '3.13.0' })
    expect((await finder.find(wanted('python'))).version).toBe('3.11.2')
  })

  it('is refused where there is none', async () => {
    const finder = machine('none', { 'python3.8': '3.8.1' })
    await expect(finder.find(wanted('python:3.12'))).rejects.toMatchObject({ code: 'runner.python' })
  })

  it.each([
    ['python:3.11', false, ''],
    ['python', false, ''],
    [
      'python:3.10',
      true,
      " (3.10 is not installed here; to run the job with it, put python3.10 on the PATH, or run 'pyenv install 3.10')",
    ],
    ['python:3.8', true, ' (3.8 is not installed here; jobs run with Python 3.9 or newer)'],
    ['python:3.1', true, ' (3.1 is not installed here; jobs run with Python 3.9 or newer)'],
    ['python:2.7-slim', true, ' (2.7 is not installed here; jobs run with Python 3.9 or newer)'],
  ])('%s is told in one line, with what to do where another Python runs the job', (image, isOther, why) => {
    const python = { executable: '/usr/bin/python3.11', version: '3.11.2', prefix: '/usr' }
    expect(describePython(image, wanted(image), python)).toEqual({
      text: `image ${image} → Python 3.11.2 of this machine${why}`,
      isOther,
    })
  })
})

describe("the machine's pip configuration", () => {
  const listing = [
    ":env:.index-url='https://me:s3cret-pass@index.example/simple'",
    ":env:.find-links='/opt/wheels'",
    "global.cert='/etc/ca.pem'",
    "global.index-url='https://other.example/simple'",
    'global.trusted-host="\\na\\nb"',
    "install.no-deps='true'",
  ].join('\n')

  it('is carried as the user file of the job, without what would bring in strangers', async () => {
    const home = join(folder, 'carried')
    expect(await carryPipConfig(parsePipConfig(listing), home)).toEqual({})
    expect(readFileSync(join(home, '.config/pip/pip.conf'), 'utf8')).toBe(
      '[global]\nindex-url = https://me:s3cret-pass@index.example/simple\ncert = /etc/ca.pem\ntrusted-host = a\n    b\n',
    )
    expect(parsePipConfig(listing).dropped).toEqual(['find-links'])
  })

  it('switches all files off where one of them holds a dropped option', async () => {
    const config = parsePipConfig(`${listing}\nglobal.extra-index-url='https://x.example/'`)
    expect(await carryPipConfig(config, join(folder, 'off'))).toMatchObject({
      PIP_CONFIG_FILE: '/dev/null',
      PIP_CERT: '/etc/ca.pem',
      PIP_TRUSTED_HOST: 'a b',
    })
  })

  it('tells the masker the passwords of its addresses', () => {
    expect(pipSecrets(parsePipConfig(listing))).toContain('s3cret-pass')
  })
})
