import { describePipelineStore } from '../../pipelines/store.contract.ts'
import { openDatabase } from './database.ts'
import { createPipelineStore, pipelinesMigrations } from '../sql/pipelines.ts'

describePipelineStore('sqlite', async () =>
  createPipelineStore(await openDatabase(':memory:', pipelinesMigrations)),
)
