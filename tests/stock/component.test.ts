import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from '../support/program.ts'
import { gitlabProject, rehearse } from '../support/rehearsal.ts'
import { temporaryFolder } from '../support/server.ts'
import { STAGES } from '../support/stages.ts'

const LONG_MS = 300_000

let folder: { path: string; remove: () => Promise<void> }
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => folder.remove())

/** The pipeline that `docs/reference/component.md` shows, with a policy, a folder, names and stages of its own. */
async function pipeline(): Promise<string> {
  const page = await readFile(join(root, 'docs', 'reference', 'component.md'), 'utf8')
  const [, text = ''] = /^```yaml\n(stages: [^]*?)^```$/m.exec(page) ?? []
  return text
}

const POLICY = `version = 1

[[rules]]
names = ["small-tool"]

[[rules.any_of]]
issuer = "https://gitlab.com"
project = "acme/tool"
refs = ["refs/heads/main"]
`

const PYPROJECT = `[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "small-tool"
version = "1.0"
`

const TEST = `import unittest


class Test(unittest.TestCase):
    def test_nothing(self):
        pass
`

it('the component with other inputs signs and publishes a package', { timeout: LONG_MS }, async () => {
  const project = await gitlabProject(join(folder.path, 'tool'), await pipeline(), {
    'policy.toml': POLICY,
    'package/pyproject.toml': PYPROJECT,
    'package/small_tool.py': 'ONE = 1\n',
    'package/tests/test_nothing.py': TEST,
  })
  const temporary = join(folder.path, 'tmp')
  await mkdir(temporary)
  const { code, stdout, stderr } = await rehearse({ project, temporary })
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('python-package@0.1.0 of wheelseal/components is the one of this program')
  const jobs = [...stderr.matchAll(/^ +(\S+) +passed/gm)].map(([, name]) => name)
  expect(new Set(jobs)).toEqual(new Set(['test', ...STAGES.map((name) => `package-${name}`)]))
  for (const file of ['small_tool-1.0-py3-none-any.whl', 'small_tool-1.0.tar.gz'])
    expect(stdout).toContain(
      `${file} was signed by https://gitlab.com/acme/tool//.gitlab-ci.yml@refs/heads/main`,
    )
})
