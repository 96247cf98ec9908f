import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../support/program.ts'
import { STAGES } from '../support/stages.ts'

const template = readFileSync(join(root, 'templates/python-package.yml'), 'utf8')

it('the example has the pipeline of the template', () => {
  expect(readFileSync(join(root, 'examples/hello-tools/.gitlab-ci.yml'), 'utf8')).toBe(template)
})

it('the template has the six stages', () => {
  const [, stages = ''] = /^stages:\n((?: +- \w+\n)+)/m.exec(template) ?? []
  expect(stages.match(/\w+/g)).toEqual(STAGES)
})
