/** tuf-js over our Http port, so that proxies and private authorities hold for it too. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fetcher } from 'tuf-js'
import { WheelsealError, type Http, type HttpResponse } from '../base/index.ts'
import { netErrors } from './errors.ts'

const MAX_DISCARDED_BYTES = 64 << 10

export type NotingFetcher = Fetcher & { failure: WheelsealError | undefined }

/** tuf-js wraps what a fetcher throws into texts of its own; the failure itself is kept for the caller. */
export function createTufFetcher(http: Http, work: string): NotingFetcher {
  const downloadBytes = async (url: string, maxBytes: number): Promise<Buffer> => {
    try {
      const response = await http.request({ method: 'GET', url })
      if (response.status !== 200) throw await refusal(url, response)
      return Buffer.from(await response.bytes(maxBytes))
    } catch (error) {
      if (error instanceof WheelsealError) fetcher.failure = error
      throw error
    }
  }
  const fetcher: NotingFetcher = {
    failure: undefined,
    downloadBytes,
    downloadFile: async (url, maxBytes, handle) => {
      const path = join(work, 'download')
      await writeFile(path, await downloadBytes(url, maxBytes))
      return handle(path)
    },
  }
  return fetcher
}

/** The end of the chain of roots is 404 or 403, which tuf-js must be told by its own error. */
async function refusal(url: string, response: HttpResponse): Promise<Error> {
  await response.bytes(MAX_DISCARDED_BYTES).catch(() => undefined)
  if ([403, 404].includes(response.status)) {
    const {
      default: { DownloadHTTPError },
    } = await import('tuf-js/dist/error.js')
    return new DownloadHTTPError(`${url} answered ${response.status}`, response.status)
  }
  return netErrors('net.refused', `${url} answered ${response.status}`)
}
