import { describePipelineStore } from '../../pipelines/store.contract.ts'
import { createPipelineStore, pipelinesMigrations } from '../sql/pipelines.ts'
import { openTwice } from './two-connections.contract.ts'

describePipelineStore('sqlite', () => openTwice(pipelinesMigrations, createPipelineStore))
