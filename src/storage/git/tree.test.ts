import { expect, it } from 'vitest'
import { changesOf, listedPaths, MAX_PATHS } from './tree.ts'

const names = (count: number): string => Array.from({ length: count }, (_, at) => `${at}`).join('\0')

it('a list of files is whole, or said to be none', () => {
  expect(listedPaths(`${names(MAX_PATHS)}\0`)).toMatchObject({ kind: 'paths' })
  expect(listedPaths(names(MAX_PATHS + 1))).toMatchObject({ kind: 'absent' })
})

it('of more changes than can be looked at every file counts as changed', async () => {
  const git = { ask: async () => undefined, run: async () => names(MAX_PATHS + 1) }
  const changes = await changesOf(git, { sha: 'a', base: 'b', compareTo: undefined })
  expect(changes).toEqual({ kind: 'all' })
})
