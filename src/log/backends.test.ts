import { createMemoryIndex } from './crash/memory-index.ts'
import { createSimDisk } from './crash/sim-disk.ts'
import { describeLogFiles } from './files.contract.ts'
import { describeKeyIndex } from './key-index.contract.ts'

const close = async (): Promise<void> => undefined

describeLogFiles('simulated disk', async () => ({ files: createSimDisk(), close }))
describeKeyIndex('memory', async () => {
  const index = createMemoryIndex()
  return { first: index, second: index, reopen: async () => index, close }
})
