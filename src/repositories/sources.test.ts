import { expect, it } from 'vitest'
import type { RepositoryParts } from './parts.ts'
import { sourcesFor } from './sources.ts'

const SHIPPED = { project: 'tools/components', name: 'package', version: '1.2.3', text: 'job: {}' }

/** Of a commit without files, in an instance without other projects. */
function sources() {
  const empty = {
    text: async () => ({ kind: 'absent' as const }),
    paths: async () => ({ kind: 'paths' as const, paths: [] }),
    changes: async () => ({ kind: 'all' as const }),
  }
  const parts = { git: { sourcesAt: () => empty }, shipped: () => SHIPPED } as unknown as RepositoryParts
  const wanted = { project: { id: 1 }, user: 'ada', commit: { sha: 'a' }, ref: 'refs/heads/main' }
  return sourcesFor(parts, wanted as never)
}

it.each([
  ['host/tools/components/package@1', { kind: 'text', text: 'job: {}' }],
  [
    'host/tools/components/package@2',
    { kind: 'absent', reason: expect.stringContaining('package@1.2.3 only') },
  ],
  [
    'host/group/other/package@1.2.3',
    { kind: 'absent', reason: 'of components, this server has only tools/components/package@1.2.3' },
  ],
  ['package', { kind: 'absent', reason: expect.stringContaining('this server has only') }],
])('of components, a pushed pipeline may include that of the program: %s', async (address, answer) => {
  expect(await sources().read({ kind: 'component', address })).toEqual(answer)
})
