import { table } from '../sql/index.ts'
import { table as inside } from '../sql/table.ts'
export const opened = [table, inside]
