import { expect, it } from 'vitest'
import { componentParts, findVersion, shippedText } from './component.ts'

it.each([
  ['gitlab.com/group/project/name@1.0', { project: 'group/project', name: 'name', version: '1.0' }],
  ['host:8443/a/b/c/name@~latest', { project: 'a/b/c', name: 'name', version: '~latest' }],
  ['host/project/name@1.0', undefined],
  ['host/group/project/name', undefined],
  ['host/group/project/name@', undefined],
  ['a@b@c', undefined],
])('%s is a component, or not', (address, parts) => {
  expect(componentParts(address)).toEqual(parts)
})

const TAGS = ['v1.0.0', '1.2.0', '1.10.3', '2.0.0-rc.1', '2.0.0', 'nightly', '1.2.10']

it.each([
  ['~latest', '2.0.0'],
  ['1', '1.10.3'],
  ['1.2', '1.2.10'],
  ['3', undefined],
  ['1.2.0', undefined],
  ['main', undefined],
])('the version %s is the tag %s', (wanted, tag) => {
  expect(findVersion(wanted, TAGS)).toBe(tag)
})

const SHIPPED = { project: 'tools/components', name: 'package', version: '1.2.3', text: 'job: {}' }

it.each([
  ['gitlab.com/tools/components/package@1.2.3', { kind: 'text', text: 'job: {}' }],
  ['gitlab.example:8443/tools/components/package@1.2', { kind: 'text', text: 'job: {}' }],
  ['gitlab.com/tools/components/package@~latest', { kind: 'text', text: 'job: {}' }],
  [
    'gitlab.com/tools/components/package@1.3',
    { kind: 'absent', reason: expect.stringContaining('package@1.2.3 only') },
  ],
  [
    'gitlab.com/tools/components/other@1.2.3',
    { kind: 'absent', reason: expect.stringContaining('package@1.2.3 only') },
  ],
  ['gitlab.com/evil/components/package@1.2.3', undefined],
  ['gitlab.com/tools/components/more/package@1.2.3', undefined],
])('%s is the component of the program, or not', (address, found) => {
  expect(shippedText(componentParts(address)!, SHIPPED)).toEqual(found)
})
