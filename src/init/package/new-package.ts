import { nameInFileNames } from '../../formats/python/index.ts'
import { initErrors } from '../errors.ts'
import { FIRST_VERSION, nameFor, type PackageNames } from './amend-pyproject.ts'

/** A version of Python that has some years left. */
const OLDEST_PYTHON = '3.11'

/** The files of a small package that builds, by their paths. Throws `init.name`. */
export function newPackage(names: PackageNames): ReadonlyMap<string, string> {
  const { homepage } = names
  const name = nameFor(names)
  const module = moduleOf(name)
  return new Map([
    ['pyproject.toml', pyproject(name, homepage)],
    ['README.md', readme(name, module)],
    [`src/${module}/__init__.py`, `"""What ${name} is for, in one sentence."""\n\n__all__: list[str] = []\n`],
    [`tests/test_${module}.py`, test(module)],
    ['.gitignore', '__pycache__/\n*.egg-info/\n/build/\n/dist/\n'],
  ])
}

function moduleOf(name: string): string {
  const module = nameInFileNames(name)
  if (/^[a-z_]\w*$/.test(module)) return module
  throw initErrors('init.name', `${name} cannot be imported: a module begins with a letter`)
}

function pyproject(name: string, homepage: string | undefined): string {
  const urls = homepage === undefined ? '' : `\n[project.urls]\nHomepage = ${JSON.stringify(homepage)}\n`
  return `[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "${name}"
version = "${FIRST_VERSION}"
description = "What ${name} is for, in one sentence"
readme = "README.md"
requires-python = ">=${OLDEST_PYTHON}"
${urls}`
}

function readme(name: string, module: string): string {
  return `# ${name}

What ${name} is for, in one sentence.

\`\`\`python
import ${module}
\`\`\`
`
}

function test(module: string): string {
  return `import unittest

import ${module}


class Test${camel(module)}(unittest.TestCase):
    def test_has_a_docstring(self) -> None:
        self.assertTrue(${module}.__doc__)


if __name__ == "__main__":
    unittest.main()
`
}

function camel(module: string): string {
  return module
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
}
