import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  componentInputs,
  componentPage,
  componentReference,
  componentTemplate,
} from '../../scripts/component-reference.ts'
import { planPipeline, textSources, type Sources } from '../../src/ciconfig/index.ts'
import { requestOf } from '../../src/lint/arrange.ts'
import { lintProject } from '../../src/lint/index.ts'
import { componentContent } from '../support/component.ts'
import { root } from '../support/program.ts'
import { STAGES } from '../support/stages.ts'

const page = readFileSync(componentPage, 'utf8')
const template = readFileSync(componentTemplate, 'utf8')
const inputs = Object.entries(componentInputs(template))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

const catalogue = readFileSync(join(root, 'templates', 'catalogue', 'gitlab-ci.yml'), 'utf8')
const SHA = 'a'.repeat(40)

/** A pipeline of the project of the component itself, which includes its own commit. */
async function catalogueJobs(ref: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const here = textSources(new Map([['.gitlab-ci.yml', catalogue]]))
  const sources: Sources = {
    ...here,
    read: async (address) =>
      address.kind === 'component' &&
      address.address === `gitlab.example/tools/components/python-package@${SHA}`
        ? { kind: 'text', text: template }
        : here.read(address),
  }
  const known = {
    CI_SERVER_FQDN: 'gitlab.example',
    CI_PROJECT_PATH: 'tools/components',
    CI_COMMIT_SHA: SHA,
    CI_COMMIT_REF_PROTECTED: 'true',
    ...ref,
  }
  const predefined = Object.entries(known).map(([key, value]) => ({ key, value }))
  const plan = await planPipeline({
    file: '.gitlab-ci.yml',
    sources,
    variables: { predefined, project: [], pipeline: [] },
  })
  return plan.jobs.map(({ name }) => name)
}

describe('the component', () => {
  it('starts Python with no module of the folder of the job, where other branches may have written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wheelseal-component-'))
    try {
      for (const name of ['venv', 'pip']) writeFileSync(join(folder, `${name}.py`), 'open("imported", "w")')
      const starts = template.match(/python3 .*?-m \w+/g) ?? []
      expect(starts).toHaveLength(4)
      for (const start of new Set(starts)) spawnSync('sh', ['-c', `${start} --help`], { cwd: folder })
      expect(existsSync(join(folder, 'imported'))).toBe(false)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has the inputs of its page', () => {
    expect(componentReference(page, template)).toBe(page)
  })

  it('documents each input, and says which values are right', () => {
    for (const [name, input] of inputs) {
      expect(Object.keys(input), name).toEqual(expect.arrayContaining(['description', 'type', 'default']))
      if (input.type === 'string') expect(input.options ?? input.regex, name).toBeDefined()
      expect(input.regex ?? '^$', name).toMatch(/^\^.*\$$/)
    }
  })

  it('is that of this version, and the one that the example and the pages include', () => {
    expect(componentInputs(template)['wheelseal-version']?.default).toBe(version)
    const example = readFileSync(join(root, 'examples', 'hello-tools', '.gitlab-ci.yml'), 'utf8')
    const included = [...`${example}${page}`.matchAll(/- component: (\S+)/g)].map(([, address]) => address)
    expect(new Set(included)).toEqual(
      new Set([`$CI_SERVER_FQDN/wheelseal/components/python-package@${version}`]),
    )
  })

  it('has the six stages, and no keyword that reaches jobs of others', () => {
    const content = componentContent()
    expect(content['stages']).toEqual(STAGES)
    const keys = Object.keys(content).filter((key) => !key.startsWith('.'))
    expect(keys).toEqual(['stages', ...STAGES])
  })
})

describe('its project in the catalogue', () => {
  it('tests the component in each pipeline, and releases it for a tag of a version', async () => {
    expect(await catalogueJobs({ CI_COMMIT_BRANCH: 'main' })).toEqual(STAGES)
    expect(await catalogueJobs({ CI_COMMIT_TAG: '0.1.0' })).toEqual([...STAGES, 'release'])
    expect(await catalogueJobs({ CI_COMMIT_TAG: 'nightly' })).toEqual(STAGES)
  })

  it('has nothing that lint finds', async () => {
    const own = catalogue.replace(/^include:\n(?: .*\n)+/m, 'build: { stage: build, script: make }\n')
    expect((await lintProject(requestOf({ '.gitlab-ci.yml': own }))).findings).toEqual([])
  })
})
