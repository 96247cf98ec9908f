import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { pipIndexUrl } from './pip-index.ts'
import { runProgram } from './program.ts'

export interface Sdist {
  /** What is particular about it. */
  readonly kind: string
  readonly fileName: string
  readonly sha256: string
  /** Of the wheel that is built. */
  readonly wheel: RegExp
}

/** Of PyPI, each with another back end; only their names and digests are here. */
export const SDISTS: readonly Sdist[] = [
  {
    kind: 'setuptools, a C extension, src layout',
    fileName: 'MarkupSafe-2.1.5.tar.gz',
    sha256: 'd283d37a890ba4c1ae73ffadf8046435c76e7bc2247bbb63c00bd1a709c6544b',
    wheel: /^markupsafe-2\.1\.5-cp3\d+-cp3\d+-\w+\.whl$/i,
  },
  {
    kind: 'hatchling, a version from git',
    fileName: 'iniconfig-2.0.0.tar.gz',
    sha256: '2d91e135bf72d31a410b17c16da610a82cb55f6b0477d1a902134b24a455b8b3',
    wheel: /^iniconfig-2\.0\.0-py3-none-any\.whl$/,
  },
  {
    kind: 'flit',
    fileName: 'tomli-2.0.1.tar.gz',
    sha256: 'de526c12914f0c550d15924c62d72abc48d6fe7364aa87328337a31007fe8a4f',
    wheel: /^tomli-2\.0\.1-py3-none-any\.whl$/,
  },
  {
    kind: 'poetry-core',
    fileName: 'pastel-0.2.1.tar.gz',
    sha256: 'e6581ac04e973cac858828c6202c1e1e81fee1dc7de7683f3e1ffe0bfd8a573d',
    wheel: /^pastel-0\.2\.1-py2\.py3-none-any\.whl$/,
  },
  {
    kind: 'pdm',
    fileName: 'unearth-0.17.2.tar.gz',
    sha256: '0b8a2afd3476f1ab6155fc579501ac47fffe43547d88a70e5a5b76a7fe6caa2c',
    wheel: /^unearth-0\.17\.2-py3-none-any\.whl$/,
  },
]

/** The same for runs that may take minutes. */
export const MORE_SDISTS: readonly Sdist[] = [
  {
    kind: 'setup.py alone, one module',
    fileName: 'six-1.16.0.tar.gz',
    sha256: '1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926',
    wheel: /^six-1\.16\.0-py2\.py3-none-any\.whl$/,
  },
  {
    kind: 'flit, src layout',
    fileName: 'packaging-24.1.tar.gz',
    sha256: '026ed72c8ed3fcce5bf8950572258698927fd1dbda10a5e981cdf0ac37f4f002',
    wheel: /^packaging-24\.1-py3-none-any\.whl$/,
  },
  {
    kind: 'hatchling, a version from the code',
    fileName: 'soupsieve-2.5.tar.gz',
    sha256: '5663d5a7b3bfaeee0bc4372e7fc48f9cff4940b3eec54a6451cc5299f1097690',
    wheel: /^soupsieve-2\.5-py3-none-any\.whl$/,
  },
  {
    kind: 'setuptools_scm',
    fileName: 'zipp-3.19.2.tar.gz',
    sha256: 'bf1dcf6450f873a13e952a29504887c89e6de7506209e5b1bcc3460135d4de19',
    wheel: /^zipp-3\.19\.2-py3-none-any\.whl$/,
  },
  {
    kind: 'a namespace package with a dot in its name',
    fileName: 'zope.event-5.0.tar.gz',
    sha256: 'bac440d8d9891b4068e2b5a2c5e2c9765a9df762944bda6955f96bb9b91e67cd',
    wheel: /^zope[._]event-5\.0-py3-none-any\.whl$/,
  },
  {
    kind: 'setup.py with setup.cfg, typed',
    fileName: 'h11-0.14.0.tar.gz',
    sha256: '8f19fbbe99e72420ff35c00b27a34cb9937e902a8b810e2c88300c6f0a3b699d',
    wheel: /^h11-0\.14\.0-py3-none-any\.whl$/,
  },
]

/** For `init`, which changes what a project says of itself: twenty with those above, in more styles. */
export const STYLE_SDISTS: readonly Sdist[] = [
  {
    kind: 'hatch-vcs, a readme of several files',
    fileName: 'attrs-23.2.0.tar.gz',
    sha256: '935dc3b529c262f6cf76e50877d35a4bd3c1de194fd41f47a2b7ae8f19971f30',
    wheel: /^attrs-23\.2\.0-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'poetry-core, many extras',
    fileName: 'rich-13.7.1.tar.gz',
    sha256: '9be308cb1fe2f1f57d67ce99e95af38a1e2bc71ad9813b0e247cf7ffbcc3a432',
    wheel: /^rich-13\.7\.1-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'setuptools_scm with [project]',
    fileName: 'pluggy-1.5.0.tar.gz',
    sha256: '2cffa88e94fdc978c4c574f15f9e59b7f4201d439195c3715ca9e2486f1d0cf1',
    wheel: /^pluggy-1\.5\.0-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'flit, a version from the module',
    fileName: 'idna-3.7.tar.gz',
    sha256: '028ff3aadf0609c1fd278d8ea3089299412a7a8b9bd005dd08b9f8285bcb5cfc',
    wheel: /^idna-3\.7-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'hatch-vcs, a version file',
    fileName: 'platformdirs-4.2.2.tar.gz',
    sha256: '38b7b51f512eed9e84a22788b4bce1de17c0adb134d6becb09836e37d8654cd3',
    wheel: /^platformdirs-4\.2\.2-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'hatchling, many hooks of metadata',
    fileName: 'httpcore-1.0.5.tar.gz',
    sha256: '34a38e2f9291467ee3b44e89dd52615370e152954ba21721378a87b2960f7a61',
    wheel: /^httpcore-1\.0\.5-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'setup.py, and a pyproject.toml of tools only',
    fileName: 'requests-2.32.3.tar.gz',
    sha256: '55365417734eb18255590a9ff9eb97e9e1da868d4ccd6402399eaf68af20a760',
    wheel: /^requests-2\.32\.3-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'setup.cfg with setuptools_scm in requires',
    fileName: 'python-dateutil-2.9.0.post0.tar.gz',
    sha256: '37dd54208da7e1cd875388217d5e00ebd4179249f90fb72437e91a35459a0ad3',
    wheel: /^python_dateutil-2\.9\.0\.post0-(?:py2\.)?py3-none-any\.whl$/,
  },
  {
    kind: 'calver',
    fileName: 'trove_classifiers-2024.7.2.tar.gz',
    sha256: '8328f2ac2ce3fd773cbb37c765a0ed7a83f89dc564c7d452f039b69249d0ac35',
    // The version is the day of the build.
    wheel: /^trove_classifiers-20\d\d(?:\.\d+){2,3}-(?:py2\.)?py3-none-any\.whl$/,
  },
]

/** From the index that this machine's pip uses, into a folder, unpacked. Returns the folder of the project. */
export async function unpackedSdist({ fileName, sha256 }: Sdist, folder: string): Promise<string> {
  const project = fileName
    .replace(/-[^-]*$/, '')
    .toLowerCase()
    .replaceAll(/[-_.]+/g, '-')
  const page = `${(await pipIndexUrl()).replace(/\/$/, '')}/${project}/`
  const html = await (await fetch(page)).text()
  const [, link = ''] = new RegExp(`href="([^"#]*/${fileName.replaceAll('.', '\\.')})[#"]`).exec(html) ?? []
  expect(link, `${page} links to ${fileName}`).not.toBe('')
  const bytes = Buffer.from(await (await fetch(new URL(link, page))).arrayBuffer())
  expect(createHash('sha256').update(bytes).digest('hex'), fileName).toBe(sha256)
  const archive = join(folder, fileName)
  await writeFile(archive, bytes)
  expect(await runProgram(['tar', '-xzf', archive, '-C', folder])).toMatchObject({ code: 0 })
  return archive.replace(/\.tar\.gz$/, '')
}
