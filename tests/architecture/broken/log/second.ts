export const second = async (): Promise<unknown> => import('./third.ts')
