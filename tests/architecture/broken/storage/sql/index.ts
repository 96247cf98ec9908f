import { both } from '../sqlite/log.ts'
export { table } from './table.ts'
export const upwards = both
