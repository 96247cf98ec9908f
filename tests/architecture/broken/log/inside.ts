import { secret } from '../base/secret.ts'
export const inside = secret
