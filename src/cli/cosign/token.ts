import { describeError, Secret, utf8Decode } from '../../base/index.ts'
import { signErrors } from '../../sign/index.ts'
import type { Arguments } from './flag-values.ts'
import type { CosignIo } from './io.ts'

const MAX_TOKEN_BYTES = 16 << 10
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * `--identity-token` (the token itself, or a file with it), else `SIGSTORE_ID_TOKEN`. Throws `sign.token-missing`,
 * `sign.token-malformed`; never shows what might be a token.
 */
export async function readToken({ texts }: Arguments, { env, files }: CosignIo): Promise<Secret> {
  const given = texts.get('identity-token') || env['SIGSTORE_ID_TOKEN'] || ''
  if (given === '')
    throw signErrors(
      'sign.token-missing',
      'no id token: neither --identity-token nor SIGSTORE_ID_TOKEN is set',
    )
  if (JWT.test(given)) return new Secret(given)
  try {
    return new Secret(utf8Decode(await files.read(given, MAX_TOKEN_BYTES)).trim())
  } catch (cause) {
    const why = isLikelyPath(given) ? `: ${describeError(cause)}` : ''
    throw signErrors(
      'sign.token-malformed',
      `--identity-token is neither an id token nor a readable file${why}`,
      {
        cause,
      },
    )
  }
}

/** A damaged token would be long; what is shown of a path helps more than it tells. */
function isLikelyPath(text: string): boolean {
  return text.length <= 256 && !text.startsWith('ey')
}
