export const table = 'paths'
