import { describeExecutor } from '../executor.contract.ts'
import { createSandboxExecutor } from './executor.ts'

describeExecutor('sandbox', createSandboxExecutor)
