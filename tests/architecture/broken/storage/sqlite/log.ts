import type { log as type } from '../../log/index.ts'
import { log } from '../../log/index.ts'
export const both: typeof type = log
