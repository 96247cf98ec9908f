import { log } from '../log/index.ts'
export const up = log
