import { expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import { systemFiles } from '../../host/index.ts'
import { readSettings } from './settings-file.ts'

const read = (text: string) => readSettings('v.json', { ...systemFiles, read: async () => utf8(text) })

it('reads variables of the project, its groups and the instance', async () => {
  const text = JSON.stringify({
    project: {
      A: 'a',
      B: { value: 'b', masked: true, protected: true, raw: true, file: false, environment_scope: 'review/*' },
    },
    groups: { C: 'c' },
  })
  expect(await read(text)).toEqual({
    instance: [],
    groups: [{ key: 'C', value: 'c' }],
    project: [
      { key: 'A', value: 'a' },
      {
        key: 'B',
        value: 'b',
        isMasked: true,
        isProtected: true,
        isRaw: true,
        isFile: false,
        environmentScope: 'review/*',
      },
    ],
  })
})

it.each([
  ['no JSON', 'A=b', 'is not JSON'],
  ['a list', '[]', 'must be an object'],
  ['another key', '{"projects": {}}', 'projects is not one of'],
  ['a list of variables', '{"project": []}', 'project must be an object'],
  ['a number', '{"project": {"A": 1}}', 'project.A must be a text or an object'],
  ['a name that is none', '{"project": {"A B": "x"}}', 'A B is not the name'],
  ['no value', '{"project": {"A": {"masked": true}}}', 'A needs a value'],
  ['an unknown flag', '{"project": {"A": {"value": "x", "hidden": true}}}', 'hidden is not one of'],
  ['a flag that is a text', '{"project": {"A": {"value": "x", "masked": "yes"}}}', 'masked is not one of'],
  [
    'a scope that is a number',
    '{"project": {"A": {"value": "x", "environment_scope": 1}}}',
    'environment_scope',
  ],
])('refuses %s', async (_, text, message) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'client.variables-file',
    message: expect.stringContaining(message),
  })
})
