import { expect, it } from 'vitest'
import type { ListedFile } from './facts.ts'
import type { LogCheckpoint } from '../verify/index.ts'
import type { GateStore, UpstreamName } from './store.ts'

function listed(fileName: string, version: string): ListedFile {
  return {
    ...{ fileName, version, versionKey: version, kind: 'wheel', sha256: null, sizeBytes: null },
    ...{ url: `https://files.example/${fileName}`, uploadedAtMs: null, requiresPython: null, yanked: null },
    ...{ provenance: { kind: 'none' }, offersMetadata: false, metadataSha256: null },
  }
}

/** What an operator is told of all names of an upstream. */
export function describeGateWatch(store: () => GateStore): void {
  const keep = (place: UpstreamName, files: readonly ListedFile[], atMs: number) =>
    store().keepPage(place, { etag: null, serial: null, status: null, tellsOfSeals: false, files }, atMs)
  const [A, B] = [
    { upstream: 'u1', name: 'a' },
    { upstream: 'u2', name: 'b' },
  ]

  it('tells what upstreams have taken back since, the latest first', async () => {
    const [one, two] = [listed('a-1.whl', '1'), listed('a-2.whl', '2')]
    await keep(A, [one, two], 1)
    await keep(B, [listed('b-1.whl', '1')], 1)
    await keep(A, [one], 5)
    await store().keepUnknown(B, 7)
    const gone = { ...A, version: '2', fileName: 'a-2.whl', goneAtMs: 5 }
    const both = [{ ...B, version: '1', fileName: 'b-1.whl', goneAtMs: 7 }, gone]
    expect(await store().listGone({ sinceMs: 5, limit: 9 })).toEqual(both)
    expect(await store().listGone({ sinceMs: 5, limit: 1 })).toEqual(both.slice(0, 1))
    expect(await store().listGone({ sinceMs: 6, limit: 9 })).toEqual(both.slice(0, 1))
    await keep(A, [one, two], 9)
    expect(await store().listGone({ sinceMs: 0, limit: 9 })).toEqual(both.slice(0, 1))
  })

  const head = (rootHash: string, changes: Partial<LogCheckpoint> = {}): LogCheckpoint => ({
    ...{ logId: 'l1', origin: 'log - 1', size: 5_000_000_000, rootHash, note: `note of ${rootHash}` },
    ...changes,
  })
  const heads = async (): Promise<readonly string[]> =>
    (await store().listSplitViews(9)).map(({ note }) => note)

  it('keeps a checkpoint once, whatever other logs and trees have', async () => {
    const others = [{ logId: 'l2' }, { origin: 'log - 2' }, { size: 7 }]
    for (const changes of [{}, {}, ...others])
      expect(await store().keepCheckpoint(head('a', changes), 1)).toBeUndefined()
    for (const changes of others)
      expect(await store().keepCheckpoint(head('b', { ...changes, size: 8 }), 1)).toBeUndefined()
    expect(await heads()).toEqual([])
  })

  it('keeps the two that contradict each other, and no third', async () => {
    await store().keepCheckpoint(head('a'), 1)
    expect(await store().keepCheckpoint(head('b'), 2)).toEqual({ ...head('a'), seenAtMs: 1 })
    expect(await heads()).toEqual(['note of b', 'note of a'])
    for (const root of ['c', 'b', 'a']) {
      const other = await store().keepCheckpoint(head(root), 3)
      expect(['a', 'b'].filter((one) => one !== root)).toContain(other?.rootHash)
    }
    expect(await heads()).toEqual(['note of b', 'note of a'])
    expect(await store().listSplitViews(1)).toEqual([{ ...head('b'), seenAtMs: 2 }])
  })
}
