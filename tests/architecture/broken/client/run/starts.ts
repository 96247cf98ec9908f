import { server } from '../../server/index.ts'
export const starts = server
