import type { Http } from '../../base/index.ts'
import type { TrustFiles } from '../../http/index.ts'
import { withAdmin } from '../../server/index.ts'
import { clientErrors } from '../errors.ts'
import { fetchTrust } from './fetch.ts'
import { reportOf, reportOfData, type TrustReport } from './report.ts'

export interface TrustSource {
  readonly url?: string | undefined
  readonly fingerprint?: string | undefined
  /** Of the user, as given; with `url` there is none. */
  readonly data?: string | undefined
}

export interface TrustPorts {
  readonly http: () => Http
  /** Where no other source is given. */
  readonly defaultData: string
}

export interface ReadTrust {
  readonly files: TrustFiles
  readonly report: () => Promise<TrustReport>
}

/** Throws `client.trust-source`, and what `fetchTrust` and `withAdmin` throw. */
export async function readTrust(source: TrustSource, { http, defaultData }: TrustPorts): Promise<ReadTrust> {
  const { url, fingerprint, data } = source
  if (url !== undefined && data !== undefined)
    throw clientErrors('client.trust-source', '--url and --data cannot be combined')
  if (url === undefined) {
    if (fingerprint !== undefined) throw clientErrors('client.trust-source', '--fingerprint needs --url')
    const folder = data ?? defaultData
    const files = await withAdmin(folder, (admin) => admin.trust())
    return { files, report: () => reportOfData(folder, files) }
  }
  const { files, documents } = await fetchTrust({ url, fingerprint, http: http() })
  return { files, report: async () => reportOf(files, documents) }
}
