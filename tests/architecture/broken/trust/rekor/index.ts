export const rekor = 1
