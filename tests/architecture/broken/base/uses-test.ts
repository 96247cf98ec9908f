import { arranged } from './arrange.ts'
export const uses = arranged
