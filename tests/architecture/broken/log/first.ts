import type { second } from './second.ts'
export type First = typeof second
