import { fileURLToPath } from 'node:url'
import { runnerErrors } from '../errors.ts'

export interface Remote {
  /** Without credentials, which would stand in the process list and in the job's own `.git/config`. */
  readonly url: string
  readonly credentials: string | undefined
  readonly isLocal: boolean
}

/** HTTP, or a path of this machine. Anything else (`ext::`, `ssh:`, options) could start programs. */
export function parseRemote(text: string): Remote {
  if (text.startsWith('/')) return { url: text, credentials: undefined, isLocal: true }
  const url = URL.parse(text)
  if (url?.protocol === 'file:' && url.host === '') {
    return { url: fileURLToPath(url), credentials: undefined, isLocal: true }
  }
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw runnerErrors('runner.sources', 'the repository is neither an HTTP URL nor an absolute path')
  }
  const credentials = url.username === '' ? undefined : `${decoded(url.username)}:${decoded(url.password)}`
  url.username = ''
  url.password = ''
  return { url: url.href, credentials, isLocal: false }
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
