import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeLogFiles } from '../../log/files.contract.ts'
import { createLogFiles } from './log-files.ts'

describeLogFiles('folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'wheelseal-log-'))
  return { files: createLogFiles(root), close: () => rm(root, { recursive: true }) }
})
