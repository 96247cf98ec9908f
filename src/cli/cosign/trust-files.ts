import { describeError, utf8Decode } from '../../base/index.ts'
import { trustRootFromPem, type TrustRoot } from '../../verify/index.ts'
import { cosignErrors } from './errors.ts'
import type { CosignIo } from './io.ts'

const MAX_PEM_BYTES = 256 << 10

/** The three variables of cosign 2. The trust root comes from here and from nowhere else. Throws `cosign.trust-root`, `verify.trust-root`. */
export async function readTrustRoot(io: CosignIo): Promise<TrustRoot> {
  const [certificates, rekorKey, ctKey] = await Promise.all([
    readNamed('SIGSTORE_ROOT_FILE', io),
    readNamed('SIGSTORE_REKOR_PUBLIC_KEY', io),
    readNamed('SIGSTORE_CT_LOG_PUBLIC_KEY_FILE', io),
  ])
  return trustRootFromPem({ certificates, rekorKey, ctKey })
}

async function readNamed(variable: string, { env, files }: CosignIo): Promise<string> {
  const path = env[variable]
  if (path === undefined || path === '')
    throw cosignErrors('cosign.trust-root', `${variable} is not set: it names a PEM file of the trust root`)
  try {
    return utf8Decode(await files.read(path, MAX_PEM_BYTES))
  } catch (cause) {
    throw cosignErrors('cosign.trust-root', `${variable}: ${describeError(cause)}`, { cause })
  }
}
