import { createHash } from 'node:crypto'
import { encodeHex, type Clock, type Http, type HttpResponse, type Secret } from '../base/index.ts'
import type { Digest, RegistryFile, PackageRegistry, SideFile } from '../packaging/index.ts'
import { errorWords } from './error-words.ts'
import { netErrors } from './errors.ts'
import { sendUpload, transferTimeoutMs } from './gitlab-upload.ts'
import { pypiForm } from './pypi-form.ts'
import { againWhenCut, withRetries } from './retry.ts'
import { fetchSimplePage, redirectOf } from './simple-index.ts'

export interface GitlabPackagesOptions {
  readonly http: Http
  readonly clock: Clock
  /** `https://HOST/api/v4`, or below another path where GitLab is installed at a relative URL. */
  readonly api: string
  /** Numeric id, or the path with its groups. */
  readonly project: string
  /** The value of the header: Basic, which the PyPI and the generic routes of GitLab both take from every kind of token. */
  readonly authorization: Secret
  /** For reading, where the token for uploads may not: that of trusted publishing may upload only. Undefined: without a login. */
  readonly reading: Secret | undefined
}

/**
 * The PyPI and generic registries of a project, as GitLab and Wheelseal serve them. All URLs are built from `api`, and
 * the credentials go to its origin only: a file that an index links at another host (GitLab writes its external one) is
 * asked for at this one, and where a download is redirected to object storage they stay behind.
 */
export function createGitlabPackages(options: GitlabPackagesOptions): PackageRegistry {
  const place = placeOf(options)
  const patient = withRetries(options.http, options.clock)
  const again = <T>(work: () => Promise<T>): Promise<T> => againWhenCut(options.clock, work)
  const digest = (url: string, maxBytes: number): Promise<Digest | undefined> =>
    again(() => digestOf(patient, { url, maxBytes, authorization: options.reading }))
  return {
    name: `${place.origin}, project ${options.project}`,
    list: (name) => again(() => list(patient, place, name)),
    digestOf: (file, maxBytes) => digest(fileUrl(place, file), maxBytes),
    sideFileDigest: (file, maxBytes) => digest(sideFileUrl(place, file), maxBytes),
    upload: (file) => sendUpload(options, { method: 'POST', url: `${place.base}/pypi`, ...pypiForm(file) }),
    uploadSideFile: (file) => {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': `${file.sizeBytes}` }
      return sendUpload(options, {
        method: 'PUT',
        url: sideFileUrl(place, file),
        headers,
        body: file.content(),
      })
    },
  }
}

interface Place {
  /** `…/projects/ID/packages`. */
  readonly base: string
  readonly origin: string
  readonly reading: Secret | undefined
}

function placeOf({ api, project, reading }: GitlabPackagesOptions): Place {
  const base = `${api.replace(/\/+$/, '')}/projects/${encodeURIComponent(project)}/packages`
  return { base, origin: new URL(base).origin, reading }
}

function loginOf(authorization: Secret | undefined): { readonly authorization?: Secret } {
  return authorization === undefined ? {} : { authorization }
}

/** A package that the server would have clients ask for at another host is one that it does not have. */
async function list(http: Http, { base, reading }: Place, name: string): Promise<readonly RegistryFile[]> {
  const answer = await fetchSimplePage(http, { indexUrl: `${base}/pypi/simple`, name, ...loginOf(reading) })
  return answer.kind === 'page' ? answer.page.files : []
}

function fileUrl({ base, origin }: Place, { url, sha256 = '', fileName }: RegistryFile): string {
  return new URL(url).origin === origin ? url : `${base}/pypi/files/${sha256}/${encodeURIComponent(fileName)}`
}

function sideFileUrl({ base }: Place, { packageName, version, fileName }: SideFile): string {
  return `${base}/generic/${[packageName, version, fileName].map(encodeURIComponent).join('/')}`
}

interface Download {
  readonly url: string
  readonly maxBytes: number
  readonly authorization: Secret | undefined
}

const MAX_REDIRECTS = 3

/** Undefined for what is not there. The credentials stay on the origin of the first URL. */
async function digestOf(http: Http, { url, maxBytes, authorization }: Download): Promise<Digest | undefined> {
  const first = new URL(url)
  let at = first
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const isOwn = at.origin === first.origin
    const response = await http.request({
      method: 'GET',
      url: at.href,
      headers: isOwn && authorization !== undefined ? { authorization: authorization.reveal() } : {},
      timeoutMs: transferTimeoutMs(maxBytes),
    })
    const target = redirectOf(response, at)
    if (target === undefined) return readDigest(response, at, maxBytes)
    await errorWords(response)
    at = target
  }
  throw netErrors('net.reply', `${first.origin}${first.pathname} redirects again and again`)
}

async function readDigest(
  response: HttpResponse,
  { origin, pathname }: URL,
  maxBytes: number,
): Promise<Digest | undefined> {
  if (response.status === 404 || response.status === 410) {
    await errorWords(response)
    return undefined
  }
  if (response.status !== 200)
    throw netErrors(
      'net.refused',
      `${origin}${pathname} answered ${response.status}: ${await errorWords(response)}`,
    )
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const part of response.body) {
    hash.update(part)
    sizeBytes += part.length
    if (sizeBytes > maxBytes) break
  }
  return { sha256: encodeHex(hash.digest()), sizeBytes }
}
