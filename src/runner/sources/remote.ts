import { fileURLToPath } from 'node:url'
import { runnerErrors } from '../errors.ts'

export interface Remote {
  /** Without credentials, which would stand in the process list and in the job's own `.git/config`. */
  readonly url: string
  readonly credentials: string | undefined
  readonly isLocal: boolean
  /** `https://host:port/` of a web address. */
  readonly origin: string | undefined
}

/** A control character or quote in an address would end its line in git's configuration. */
const ODD = /["\\\s]/

/** HTTP, or a path of this machine. Anything else (`ext::`, `ssh:`, options) could start programs. */
export function parseRemote(text: string): Remote {
  if (text.startsWith('/')) return local(text)
  const url = URL.parse(text)
  if (url?.protocol === 'file:' && url.host === '') return local(fileURLToPath(url))
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw runnerErrors('runner.sources', 'the repository is neither an HTTP URL nor an absolute path')
  }
  const credentials = url.username === '' ? undefined : `${decoded(url.username)}:${decoded(url.password)}`
  url.username = ''
  url.password = ''
  url.hash = ''
  if (ODD.test(url.href)) throw runnerErrors('runner.sources', 'the address of the repository is malformed')
  return { url: url.href, credentials, isLocal: false, origin: `${url.origin}/` }
}

function local(url: string): Remote {
  return { url, credentials: undefined, isLocal: true, origin: undefined }
}

/** Of percent-encoded credentials; as it stands where it is not well encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The password of a repository URL, for the masker; empty where there is none. */
export function parseRemoteSecret(text: string): string {
  return decoded(URL.parse(text)?.password ?? '')
}
