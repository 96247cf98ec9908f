import { InvalidArgumentError } from 'commander'

/** Without a slash at the end. */
export function instanceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (url === undefined || !isPlain || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('it must be an http or https URL without credentials')
  return url.href.replace(/\/+$/, '')
}
