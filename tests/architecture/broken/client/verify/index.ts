import { server } from '../../server/index.ts'
export const loads = server
