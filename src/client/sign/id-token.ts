import { describeError, readCapped, Secret, utf8Decode } from '../../base/index.ts'
import { signErrors } from '../../sign/index.ts'
import type { SignIo } from './io.ts'
import type { TokenChoice } from './plan.ts'

const MAX_TOKEN_BYTES = 16 << 10

/** Throws `sign.token-missing`. */
export async function idToken(choice: TokenChoice, { files, standardInput }: SignIo): Promise<Secret> {
  if (choice.kind === 'environment') {
    if (choice.text === '')
      throw signErrors(
        'sign.token-missing',
        'no id token: neither --identity-token-file nor SIGSTORE_ID_TOKEN is set',
      )
    return new Secret(choice.text)
  }
  const { path } = choice
  try {
    // Not by the name of a device: where a program pipes, it may be a socket, which cannot be opened.
    const bytes =
      path === '-' ? readCapped(standardInput(), MAX_TOKEN_BYTES) : files.read(path, MAX_TOKEN_BYTES)
    return new Secret(utf8Decode(await bytes).trim())
  } catch (cause) {
    throw signErrors('sign.token-missing', `--identity-token-file ${path}: ${describeError(cause)}`, {
      cause,
    })
  }
}
