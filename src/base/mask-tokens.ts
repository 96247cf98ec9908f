/** GitLab's prefixes of access, deploy, job and runner tokens, and ours of upload tokens, the hyphen also as URLs write it. */
const TOKEN = /((?:gl(?:pat|dt|cbt|rt)|wspub)(?:-|%2d))[A-Z0-9_-]{8,}/gi
/** Parts of base64url, of which the first two are JSON objects: an id token, also one that was cut or put in lower case. */
const JWT = /eyJ[A-Z0-9_-]{8,}\.eyJ[A-Z0-9_-]{8,}(?:\.[A-Z0-9_-]*)?/gi

/**
 * For text that others read than who sent it, logs and error messages: a token that somebody sent as a name or a path
 * is not in it. Known by its shape alone, whether it is still valid or not.
 */
export function maskTokens(text: string): string {
  return text.replaceAll(TOKEN, '$1[masked]').replaceAll(JWT, '[masked id token]')
}
