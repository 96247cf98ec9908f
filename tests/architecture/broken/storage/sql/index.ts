import { opened } from '../sqlite/index.ts'
export { table } from './table.ts'
export const upwards = opened
