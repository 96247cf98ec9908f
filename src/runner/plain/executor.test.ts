import { describeExecutor } from '../executor.contract.ts'
import { createPlainExecutor } from './executor.ts'

describeExecutor('plain', createPlainExecutor)
