export type { First } from './first.ts'
