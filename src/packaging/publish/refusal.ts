import { packagingErrors } from '../errors.ts'
import type { LocalFile, UploadAnswer } from './ports.ts'

/** What to do, by the status; GitLab's own words do not say. */
const HINTS: Readonly<Record<number, string>> = {
  401: 'the token is unknown, expired or revoked; a job token is valid only while its job runs',
  403: 'the token may not publish in this project: it needs the scope api or write_package_registry and the role Developer, and a job of a different project must be on the allowlist of this one',
  404: 'the project does not exist or this token may not see it, or its package registry is off: check --api and --project',
  413: 'the file is larger than the registry, or a proxy in front of it, accepts: raise its limit, or make the file smaller',
  429: 'wait a few minutes and publish again: what is there already is skipped',
}
const REDIRECT_HINT =
  'give the URL that the answer names with --api: a token is never sent to a place that a server names'

export function refusal(
  { fileName }: LocalFile,
  registry: string,
  { status, words }: UploadAnswer & { readonly kind: 'refused' },
): Error {
  const fact = `${registry} answered ${status} to the upload of ${fileName}: ${words}`
  const hint = status === 400 && /too large/i.test(words) ? HINTS[413] : HINTS[status]
  const known = hint ?? (status >= 300 && status < 400 ? REDIRECT_HINT : undefined)
  return packagingErrors('packaging.upload', fact, known === undefined ? {} : { hint: known })
}
