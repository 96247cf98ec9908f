import { rekor } from '../rekor/index.ts'
export const ct = rekor
