import { expect, it } from 'vitest'
import { dataFolder } from './server-options.ts'

it.each([
  [{ data: '/a' }, { WHEELSEAL_DATA: '/b', HOME: '/h' }, '/a'],
  [{}, { WHEELSEAL_DATA: '/b', HOME: '/h' }, '/b'],
  [{}, { HOME: '/h' }, '/h/.local/share/wheelseal/default'],
  [{}, { HOME: '/h', XDG_DATA_HOME: '/d' }, '/d/wheelseal/default'],
])('%j with %j uses %s', (options, env, folder) => {
  expect(dataFolder(options, env)).toBe(folder)
})
