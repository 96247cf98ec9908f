import { describe, expect, it } from 'vitest'
import { utf8 } from '../../base/index.ts'
import type { TufRepositoryStore } from './store.ts'

/** What every backend of `TufRepositoryStore` must do. */
export function describeTufRepositoryStore(name: string, makeStore: () => Promise<TufRepositoryStore>): void {
  describe(`TufRepositoryStore: ${name}`, () => {
    it('gives back what was written, under its name only', async () => {
      const store = await makeStore()
      await store.write('1.root.json', utf8('root'))
      await store.write('targets/00ff.rekor.pub', utf8('key'))
      expect(await store.read('1.root.json')).toEqual(utf8('root'))
      expect(await store.read('targets/00ff.rekor.pub')).toEqual(utf8('key'))
      expect(await store.read('root.json')).toBeUndefined()
      expect(await store.read('00ff.rekor.pub')).toBeUndefined()
    })

    it('replaces', async () => {
      const store = await makeStore()
      await store.write('timestamp.json', utf8('the first, which is longer'))
      await store.write('timestamp.json', utf8('the second'))
      expect(await store.read('timestamp.json')).toEqual(utf8('the second'))
    })

    it.each([
      '',
      '.',
      '..',
      '../root.json',
      'targets',
      'targets/',
      'targets/../root.json',
      '/etc/passwd',
      'a\0b',
    ])('has nothing under %j', async (path) => {
      const store = await makeStore()
      await store.write('root.json', utf8('root'))
      await store.write('targets/a', utf8('a'))
      expect(await store.read(path)).toBeUndefined()
    })
  })
}
