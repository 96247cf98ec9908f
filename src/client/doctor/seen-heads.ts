import { join } from 'node:path'
import { openAnchorFile } from '../../storage/folder/index.ts'
import type { SeenHeads } from './io.ts'

const NAME = /^[0-9a-f]{64}-\d{1,20}$/

/** One file for each log, as a server keeps the heads of its own. Throws `storage.anchor`. */
export function seenHeads(folder: string): SeenHeads {
  const withAnchor = async <T>(
    log: string,
    work: (anchor: ReturnType<Awaited<ReturnType<typeof openAnchorFile>>['anchor']>) => Promise<T>,
  ): Promise<T> => {
    if (!NAME.test(log)) throw new Error('the name of a log is not that of its key and tree')
    const file = await openAnchorFile(join(folder, log))
    try {
      return await work(file.anchor(0, log))
    } finally {
      await file.close()
    }
  }
  return {
    newest: (log) => withAnchor(log, (anchor) => anchor.newest()),
    keep: (log, head) =>
      withAnchor(log, async (anchor) => {
        // Which of the two places is the older one is known once both were read.
        await anchor.newest()
        await anchor.keep(head)
      }),
  }
}
