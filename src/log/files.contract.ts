import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8, utf8Decode } from '../base/index.ts'
import type { LogFiles } from './files.ts'

/** What every backend of `LogFiles` must do. That synced bytes survive can only be tried on the simulated disk. */
export function describeLogFiles(
  name: string,
  open: () => Promise<{ files: LogFiles; close(): Promise<void> }>,
): void {
  describe(`LogFiles: ${name}`, () => {
    let files: LogFiles
    let opened: { files: LogFiles; close(): Promise<void> }
    beforeEach(async () => {
      opened = await open()
      files = opened.files
    })
    afterEach(() => opened.close())

    const write = async (path: string, text: string): Promise<void> => {
      const file = await files.create(path)
      await file.append(utf8(text))
      await file.sync()
      await file.close()
    }
    const read = async (path: string): Promise<string> => utf8Decode(await files.read(path, 0, 100))

    it('appends, and reads any part of what was appended', async () => {
      await files.makeFolder('wal')
      const file = await files.create('wal/1')
      await file.append(utf8('one '))
      await file.append(utf8('two'))
      await file.sync()
      expect(await read('wal/1')).toBe('one two')
      expect(utf8Decode(await files.read('wal/1', 4, 2))).toBe('tw')
      expect(await files.read('wal/1', 7, 5)).toEqual(new Uint8Array())
      expect(await files.size('wal/1')).toBe(7)
      await file.close()
    })

    it('never opens what is there as a new file', async () => {
      await write('a', 'first')
      await expect(files.create('a')).rejects.toThrow(/exist/i)
      expect(await read('a')).toBe('first')
    })

    it('renames over what stands there', async () => {
      await write('a', 'new')
      await write('b', 'old')
      await files.rename('a', 'b')
      expect(await read('b')).toBe('new')
      expect(await files.list('.')).toEqual(['b'])
    })

    it('lists the names of one folder, and none of a folder that is missing', async () => {
      await files.makeFolder('tile/0')
      await write('tile/0/000', 'x')
      await write('created', '')
      expect(await files.list('tile/0')).toEqual(['000'])
      expect(await files.list('wal')).toEqual([])
    })

    it('removes a file, and is content when it is missing', async () => {
      await write('a', 'x')
      await files.remove('a')
      await files.remove('a')
      await files.syncFolder('.')
      expect(await files.list('.')).toEqual([])
      await expect(files.read('a', 0, 1)).rejects.toThrow(/no such file/i)
      await expect(files.size('a')).rejects.toThrow(/no such file/i)
    })
  })
}
