import type { ReadMetadata } from '../../packaging/index.ts'

/**
 * The seam for the checks of uploads (`formats/python`): what they read of the core metadata goes into the form. Until
 * they are here the form says nothing of Python versions.
 */
export const readMetadata: ReadMetadata = async () => ({ requiresPython: undefined })
