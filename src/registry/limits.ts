import { WheelsealError, type Blobs, type StagedBlob } from '../base/index.ts'
import { registryErrors } from './errors.ts'

export interface RegistryLimits {
  /** Default 3 GiB, as GitLab's. */
  readonly maxPypiFileBytes: number
  /** Default 5 GiB, as GitLab's. */
  readonly maxGenericFileBytes: number
}

export const DEFAULT_LIMITS: RegistryLimits = {
  maxPypiFileBytes: 3 * 2 ** 30,
  maxGenericFileBytes: 5 * 2 ** 30,
}

/** Throws `registry.too-large`; nothing is left behind. */
export async function stageCapped(
  blobs: Blobs,
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<StagedBlob> {
  try {
    return await blobs.stage(bytes, maxBytes)
  } catch (error) {
    if (error instanceof WheelsealError && error.code === 'base.too-large')
      throw registryErrors('registry.too-large', `the file is larger than ${maxBytes} bytes`)
    throw error
  }
}
