export const cellar = 1
