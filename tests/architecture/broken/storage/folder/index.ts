import { table } from '../sql/index.ts'
export const folder = table
